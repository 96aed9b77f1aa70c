package postgres

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a URL says of secrets is taken out of it, and what may be a part of one is not taken for something else.
func TestSecretsOfURLs(t *testing.T) {
	for _, test := range []struct {
		text, rest, err string
		secrets         map[string]string
	}{
		{text: "postgres://u@h/d", rest: "postgres://u@h/d", secrets: map[string]string{}},
		{text: "postgres://u:s%40@h1:1,h2:2/d?sslmode=verify-full", rest: "postgres://u@h1:1,h2:2/d?sslmode=verify-full", secrets: map[string]string{Password: "s@"}},
		{text: "postgres://u@h/d?password=env:P&sslpassword=file:k&application_name=a%20b", rest: "postgres://u@h/d?application_name=a%20b",
			secrets: map[string]string{Password: "env:P", KeyPassword: "file:k"}},
		{text: "postgres://?host=/run&password=env:P", rest: "postgres:///?host=%2Frun", secrets: map[string]string{Password: "env:P"}},
		{text: "postgres://", rest: "postgres:///", secrets: map[string]string{}},
		{text: "postgres://u@h/d?passwrd=SECRET", err: "know no setting passwrd"},
		{text: "postgres://u@h/d?Password=SECRET", err: "know no setting Password"},
		{text: "postgres://u:12/SECRET@h/d", err: "not a URL"},
		{text: "postgres://u:12?SECRET@h/d", err: "not a URL"},
		{text: "postgres://u:12#SECRET@h/d", err: "not a URL"},
		{text: "postgres://u:S@SECRET/x@h/d", err: "not a URL"},
		{text: "postgres://[::1]:1,[::1]:2/d", err: "host=::1"},
	} {
		secrets, rest, err := Secrets(test.text)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("%s: error %v", test.text, err)
			}
			continue
		}
		must(t, err)
		if d := cmp.Diff(test.secrets, secrets); d != "" || rest != test.rest {
			t.Errorf("%s: rest %s, secrets %s", test.text, rest, d)
		}
	}
}

// Settings that can't be used are named, without the secrets beside them.
func TestSettingsThatCantBeUsed(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://u@h/d?sslmode=bogus":                                    "sslmode",
		"postgres://u@h/d?sslmode=verify-full&sslrootcert=/none/ca.pem":     "/none/ca.pem",
		"postgres://u@h/d?service=db&servicefile=/none/service.conf":        "/none/service.conf",
		"postgres://u@h/d?target_session_attrs=writable":                    "target_session_attrs",
		"postgres://u@h/d?sslmode=require&sslcert=/none/a&sslkey=/none/key": "/none/",
		"postgres://u@h/d?pool_max_conns=0":                                 "pool_max_conns",
	} {
		_, err := Open(WithKeyPassword(url, "SECRET"), "SECRET")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: error %v", url, err)
		}
	}
}

// All hosts are where a store may be.
func TestThePlaceOfSeveralHosts(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://u@one:1,two:2/d?target_session_attrs=read-write": "postgres://one:1,two:2/d",
		"postgres://u@/d?host=::1,::2&port=1,2":                      "postgres://[::1]:1,[::2]:2/d",
		"postgres://u@/d?host=/run/postgresql":                       "postgres:///run/postgresql/d",
	} {
		if got := open(t, url).Place(); got != want {
			t.Errorf("%s is at %s, want %s", url, got, want)
		}
	}
}
