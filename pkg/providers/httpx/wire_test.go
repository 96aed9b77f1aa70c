package httpx

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// wire is a real transport whose connections are pipes, so that it lives in virtual time, and the number of requests that came
// over it. serve answers the n-th of them, counted from 1; then the connection is closed.
func wire(t *testing.T, serve func(n int32, conn net.Conn)) (*http.Transport, *atomic.Int32) {
	requests := &atomic.Int32{}
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer func() { _ = far.Close() }()
			if r, err := http.ReadRequest(bufio.NewReader(far)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				serve(requests.Add(1), far)
			}
		}()
		return near, nil
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return transport, requests
}

func raw(text string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
}

func zipped(body string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, body)
	_ = z.Close()
	return b.String()
}

func lengthOf(header, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", header, len(body), body)
}

// Fault matrix, row 6: an answer that is not whole, or too large however small it was sent, is none. A read is tried again.
func TestFault06TruncatedBody(t *testing.T) {
	const gzipped = "Content-Encoding: gzip\r\n"
	large := `{"a":1,"b":"` + strings.Repeat("x", MaxBody) + `"}`
	bomb := zipped(large)
	for name, tc := range map[string]struct {
		answer func(net.Conn)
		want   string
	}{
		"cut off":                   {raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\""), "the answer was cut off: unexpected EOF"},
		"cut off between chunks":    {raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n"), "the answer was cut off: unexpected EOF"},
		"shorter than it is":        {raw("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\n{\"a\":1}"), "the answer can't be read: unexpected end of JSON input"},
		"two lengths":               {raw("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\n{\"a\":1}"), "Content-Length"},
		"cut off and compressed":    {raw(lengthOf(gzipped, bomb[:len(bomb)/2])), "the answer was cut off: unexpected EOF"},
		"not what it says it is":    {raw(lengthOf(gzipped, `{"a":1,"b":"not compressed"}`)), "gzip: invalid header"},
		"compressed, a bomb":        {raw(lengthOf(gzipped, bomb)), "the answer is larger than 16 MiB"},
		"too large":                 {raw(lengthOf("", large)), "the answer is larger than 16 MiB"},
		"too large, without an end": {func(conn net.Conn) { endless(conn) }, "the answer is larger than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for method, most := range map[string]int32{http.MethodGet: 2, http.MethodPost: 1} {
					transport, requests := wire(t, func(n int32, conn net.Conn) {
						if n > 1 {
							raw(lengthOf("Connection: close\r\n"+gzipped, zipped(`{"a":1}`)))(conn)
							return
						}
						tc.answer(conn)
					})
					var out struct{ A int }
					_, err := New(Env{Transport: transport}, "main", spec.Rates{}).Do(t.Context(), Request{Method: method, Base: "http://vendor.example"}, &out)
					var e *Error
					switch failed := errors.As(err, &e); {
					case requests.Load() != most || failed != (most == 1) || !failed && out.A != 1:
						t.Errorf("%s: %d requests, error %v, answer %+v", method, requests.Load(), err, out)
					case failed && (e.Fate != provider.Unknown || !strings.Contains(err.Error(), tc.want)):
						t.Errorf("%s: fate %v, error %v, want %q", method, e.Fate, err, tc.want)
					}
				}
			})
		})
	}
}

// endless sends as long as somebody reads.
func endless(conn net.Conn) {
	_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	for chunk := bytes.Repeat([]byte("x"), 1<<20); err == nil; {
		_, err = conn.Write(chunk)
	}
}

// Fault matrix, row 7: a vendor that does not come to an end costs the time of a try, of a read that of two, and never more
// than the run has.
func TestFault07SlowServer(t *testing.T) {
	const try = 10 * time.Second
	drip := func(head string) func(net.Conn) {
		return func(conn net.Conn) {
			_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+head)
			for err == nil {
				time.Sleep(time.Second)
				_, err = io.WriteString(conn, "x")
			}
		}
	}
	for name, answer := range map[string]func(net.Conn){
		"header byte by byte": drip(""),
		"body byte by byte":   drip("Content-Length: 100000\r\n\r\n\""),
		"half open":           func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) },
	} {
		for _, tc := range []struct {
			method   string
			run      time.Duration
			requests int32
			took     time.Duration
			fate     provider.Fate
		}{
			{http.MethodGet, time.Hour, 2, try + firstPause + try, provider.Unknown},
			{http.MethodPost, time.Hour, 1, try, provider.Unknown},
			{http.MethodGet, try / 2, 1, try / 2, provider.Unknown},
			{http.MethodPost, try / 2, 1, try, provider.Unknown}, // what is on its way is waited for
		} {
			t.Run(fmt.Sprint(name, " ", tc.method, " ", tc.run), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					transport, requests := wire(t, func(_ int32, conn net.Conn) { answer(conn) })
					ctx, cancel := context.WithTimeout(t.Context(), tc.run)
					defer cancel()
					start := time.Now()
					_, err := New(Env{Transport: transport, TryTimeout: try}, "main", spec.Rates{}).Do(ctx, Request{Method: tc.method, Base: "http://vendor.example"}, nil)
					var e *Error
					if took := time.Since(start); !errors.As(err, &e) || e.Fate != tc.fate || !errors.Is(err, context.DeadlineExceeded) || took != tc.took || requests.Load() != tc.requests {
						t.Errorf("error %v after %v and %d requests", err, took, requests.Load())
					}
					time.Sleep(2 * time.Second) // the server notices
				})
			})
		}
	}
	t.Run("reset within the body", resetWithinBody)
}

func resetWithinBody(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\"")(conn)
		_ = conn.(*net.TCPConn).SetLinger(0) // closing resets
		_ = conn.Close()
	}()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	_, err = New(Env{Transport: transport}, "main", spec.Rates{}).Do(t.Context(), Request{Method: http.MethodPost, Base: "http://" + l.Addr().String()}, nil)
	var e *Error
	if !errors.As(err, &e) || e.Fate != provider.Unknown || !strings.Contains(err.Error(), "reset by peer") && !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("error %v", err)
	}
}
