package emu

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// shutdownGrace is how long Serve waits for calls in flight.
const shutdownGrace = 5 * time.Second

// Listen opens a port of the loopback. The host of addr must be localhost or a loopback address, since an emulator's
// credentials are public; port 0 picks a free one.
func Listen(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if host == "localhost" {
		host = "127.0.0.1" // whatever a resolver thinks
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listen %s: the emulator listens on the loopback only: use 127.0.0.1, [::1] or localhost", addr)
	}
	return net.Listen("tcp", net.JoinHostPort(host, port))
}

// Serve answers requests until ctx ends, then lets calls in flight finish: calls that a fault holds back are cut, all others
// get five seconds. It closes the listener, and returns nil after an orderly end.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	web := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	served := make(chan error, 1)
	go func() { served <- web.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	err := web.Shutdown(grace)
	if err != nil {
		_ = web.Close()
	}
	if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}
