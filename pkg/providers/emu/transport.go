package emu

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
)

// Transport returns a way to reach the server without a socket: the request is served by the goroutine that sends it, to
// whatever host it is addressed, and nothing is left running. Where a fault cuts the connection, the error is that of a
// connection reset by its peer; where half a body was sent, reading it ends with io.ErrUnexpectedEOF. A request that hangs
// ends with its context, so it needs a deadline.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ server *Server }

// RoundTrip serves one request.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if req.Body != nil {
		defer func() { _ = req.Body.Close() }()
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	a := &answer{header: http.Header{}}
	if r := asReceived(req); isControl(r) {
		t.server.serveControl(a, r)
		a.WriteHeader(http.StatusOK)
		a.send = a.body.Bytes()
	} else {
		a = t.server.exchange(r)
	}
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case a.cut && len(a.send) == 0:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	var body io.Reader = bytes.NewReader(a.send)
	if a.cut {
		body = io.MultiReader(body, cutShort{})
	}
	return &http.Response{
		Status:     strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode: a.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        a.header,
		Body:          io.NopCloser(body),
		ContentLength: int64(a.body.Len()),
		Request:       req,
	}, nil
}

// asReceived is the request as a server sees it.
func asReceived(req *http.Request) *http.Request {
	r := req.Clone(req.Context())
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	r.URL.Scheme, r.URL.Host, r.URL.User, r.URL.Fragment = "", "", nil, ""
	if r.URL.Path == "" {
		r.URL.Path = "/"
	}
	r.RequestURI = r.URL.RequestURI()
	r.RemoteAddr = "127.0.0.1:1"
	return r
}

// cutShort is the end of a body that did not all come.
type cutShort struct{}

func (cutShort) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
