package httpx

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// certificate is one of its own authority, for the host, valid from a day before until.
func certificate(t *testing.T, host string, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: until.Add(-24 * time.Hour), NotAfter: until, DNSNames: []string{host},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// Fault matrix, row 18: who does not prove to be the vendor gets nothing, and is not asked again.
func TestFault18TLS(t *testing.T) {
	const host = "vendor.example"
	hour := time.Now().Add(time.Hour)
	for name, tc := range map[string]struct {
		host    string
		until   time.Time
		unknown bool // its authority
		version uint16
		plain   bool
		want    string // "": it is the vendor
		fate    provider.Fate
	}{
		"the vendor":        {host: host, until: hour},
		"expired":           {host: host, until: time.Now().Add(-time.Hour), want: "certificate has expired", fate: provider.NotDone},
		"another host":      {host: "other.example", until: hour, want: "valid for other.example, not vendor.example", fate: provider.NotDone},
		"unknown authority": {host: host, until: hour, unknown: true, want: "signed by unknown authority", fate: provider.NotDone},
		"TLS 1.0":           {host: host, until: hour, version: tls.VersionTLS10, want: "protocol version"}, // the server breaks off; that it does so before the request is not to be seen,
		"no TLS":            {host: host, until: hour, plain: true, want: "HTTP response to HTTPS client", fate: provider.NotDone},
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests++ }))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			own, pool := certificate(t, tc.host, tc.until)
			server.TLS = &tls.Config{Certificates: []tls.Certificate{own}, MaxVersion: tc.version}
			if tc.plain {
				server.Start()
			} else {
				server.StartTLS()
			}
			defer server.Close()
			if tc.unknown {
				pool = x509.NewCertPool()
			}
			dials := 0
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				dials++
				return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
			}}
			defer transport.CloseIdleConnections()
			request := Request{Method: http.MethodPost, Base: "https://" + host, Repeatable: tc.fate == provider.NotDone}
			_, err := New(Env{Transport: transport}, "main", spec.Rates{}).Do(t.Context(), request, nil)
			var e *Error
			switch {
			case tc.want == "" && (err != nil || requests != 1):
				t.Errorf("error %v after %d requests", err, requests)
			case tc.want != "" && (!errors.As(err, &e) || e.Fate != tc.fate || !strings.Contains(err.Error(), tc.want) || requests > 0 || dials != 1):
				t.Errorf("error %v after %d connections and %d requests", err, dials, requests)
			}
		})
	}
	t.Run("redirect to another host", redirectToAnotherHost)
}

func redirectToAnotherHost(t *testing.T) {
	var elsewhere []http.Header
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { elsewhere = append(elsewhere, r.Header) }))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer first.Close()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		c := New(Env{}, "main", spec.Rates{})
		c.Sign = func(_ context.Context, r *http.Request, _ []byte) error {
			r.Header.Set("Authorization", "signed")
			return nil
		}
		if _, err := c.Do(t.Context(), Request{Method: method, Base: first.URL}, nil); Status(err) != http.StatusTemporaryRedirect || len(elsewhere) > 0 {
			t.Errorf("%s: error %v, sent elsewhere %v", method, err, elsewhere)
		}
	}
}

// Fault matrix, row 26: the proxy of the environment is used, a name that nobody knows is named, and a loopback of IPv6 is
// one as well.
func TestFault26Network(t *testing.T) {
	t.Run("proxy", throughProxy)
	t.Run("unknown name", unknownName)
	t.Run("IPv6", func(t *testing.T) {
		l, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Skipf("this machine has no IPv6: %v", err)
		}
		server := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.NotFoundHandler()}}
		server.Start()
		defer server.Close()
		if _, err := New(Env{}, "main", spec.Rates{}).Do(t.Context(), Request{Method: http.MethodGet, Base: server.URL}, nil); Status(err) != http.StatusNotFound || !strings.Contains(err.Error(), "[::1]") {
			t.Errorf("error %v", err)
		}
	})
}

// throughProxy runs this test in a process of its own, since the environment is looked at once.
func throughProxy(t *testing.T) {
	if os.Getenv("ENTITLECTL_TEST_PROXY") != "" {
		_, err := New(Env{}, "main", spec.Rates{}).Do(t.Context(), Request{Method: http.MethodPost, Base: "https://vendor.example"}, nil)
		t.Log(err)
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	asked := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		line, _ := bufio.NewReader(conn).ReadString('\n')
		asked <- line
		_, _ = conn.Write([]byte("HTTP/1.1 403 Not through here\r\n\r\n"))
		_ = conn.Close()
	}()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFault26Network$/^proxy$", "-test.v")
	cmd.Env = append(os.Environ(), "ENTITLECTL_TEST_PROXY=1", "HTTPS_PROXY=http://"+l.Addr().String(), "https_proxy=", "NO_PROXY=", "no_proxy=")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Not through here") {
		t.Fatalf("error %v:\n%s", err, out)
	}
	if line := <-asked; !strings.HasPrefix(line, "CONNECT vendor.example:443 ") {
		t.Errorf("the proxy was asked for %q", line)
	}
}

func unknownName(t *testing.T) {
	nowhere := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }}
	transport := &http.Transport{DialContext: (&net.Dialer{Resolver: nowhere}).DialContext}
	c := New(Env{Transport: transport}, "main", spec.Rates{})
	c.retries.left = 0
	_, err := c.Do(t.Context(), Request{Method: http.MethodPost, Base: "https://vendor.example/api"}, nil)
	if provider.FailureOf(err).Fate != provider.NotDone || !strings.Contains(err.Error(), "lookup vendor.example") {
		t.Errorf("error %v", err)
	}
}
