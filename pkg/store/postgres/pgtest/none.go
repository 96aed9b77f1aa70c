//go:build !unix

package pgtest

import "testing"

// Server is a PostgreSQL.
type Server struct{}

// Shared skips the test: no server is started on this system.
func Shared(t testing.TB) *Server {
	t.Skip("SKIPPED, NOTHING WAS TESTED: no server is started on this system")
	return nil
}

// Own skips the test too.
func Own(t testing.TB) *Server { return Shared(t) }

// Crash is never called.
func (*Server) Crash(testing.TB) {}

// Start is never called.
func (*Server) Start(testing.TB) {}

// URL is never called.
func (*Server) URL(string) string { return "" }

// As is never called.
func (*Server) As(testing.TB, string, string) string { return "" }

// Schema is never called.
func (*Server) Schema(testing.TB) string { return "" }

// Exec is never called.
func (*Server) Exec(testing.TB, string) {}
