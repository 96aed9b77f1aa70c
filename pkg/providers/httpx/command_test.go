package httpx

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

var keyForm = []spec.AuthForm{{Keys: []string{"id", "key"}, Optional: []string{"token"}}}

// printing is a program of a script.
func printing(t *testing.T, script string, more ...string) spec.Command {
	t.Helper()
	if os.PathSeparator != '/' {
		t.Skip("the programs of this test are shell scripts")
	}
	name := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return spec.Command{Argv: append([]string{name}, more...), Timeout: 20 * time.Second, Source: spec.Position{File: "ops.yaml", Line: 1, Column: 2}}
}

func TestProgramPrintsACredential(t *testing.T) {
	t.Setenv("CANARY", "of the environment")
	t.Setenv("HELPER_TOKEN", "for the helper")
	t.Setenv("HOME", "/home/me")
	later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	secrets := new(Secrets)
	c := printing(t, `[ "$(pwd)" = / ] && [ -z "$CANARY" ] && [ "$HOME" = /home/me ] && [ "$1" = '$(id); x' ] && echo '{"id":"a","key":"'"$HELPER_TOKEN"'x","expiresAt":"`+later+`"}' | tr ' ' -`, "$(id); x")
	c.Env = []string{"HELPER_TOKEN", "UNSET"}
	p, err := RunCommand(t.Context(), c, keyForm, secrets)
	if err != nil || p.Keys["id"].Reveal() != "a" || p.Keys["key"].Reveal() != "for-the-helperx" || p.Life < 50*time.Minute || p.Life > time.Hour {
		t.Errorf("got %v, life %v, error %v", p.Keys["key"].Reveal(), p.Life, err)
	}
	if text := secrets.Redact("for the helper, for-the-helperx"); text != "[redacted], [redacted]" {
		t.Error(text)
	}
}

// What a program does wrong is said, where it is named, in bounded time, and without what it printed.
func TestProgramThatFails(t *testing.T) {
	for script, says := range map[string]string{
		`echo '{"id":"CANARY1","key":"CANARY2"}'; echo "bad CANARY2" >&2; exit 7`: "exit status 7; it said: bad [redacted]",
		`echo CANARY`:             "it did not print one JSON object of texts; it must print id, key, token; with expiresAt where it ends",
		`echo '{"id":"CANARY1"}'`: "it printed other keys than those of a credential",
		`echo '{"id":"CANARY1","key":"CANARY2","other":"CANARY3"}'`:                                 "it printed other keys",
		`echo '{"id":"CANARY1","id":"CANARY3","key":"CANARY2"}'`:                                    "one JSON object",
		`echo '{"id":"CANARY1","key":"CANARY 2"}'`:                                                  "the key that it printed holds a blank",
		`echo '{"id":"CANARY1","key":"CANARY2","expiresAt":"tomorrow"}'`:                            "its expiresAt is no moment",
		`echo '{"id":"CANARY1","key":"CANARY2","expiresAt":"2001-01-01T00:00:00Z"}'`:                "has ended already",
		`while :; do echo CANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARYCANARY; done`: "it printed more than 64 KiB",
		`exec sleep 60`: "it did not end within 300ms",
	} {
		c := printing(t, script)
		if strings.Contains(script, "sleep") {
			c.Timeout = 300 * time.Millisecond
		}
		begun := time.Now()
		_, err := RunCommand(t.Context(), c, keyForm, new(Secrets))
		if err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), "ops.yaml:1:2: exec ") || strings.Contains(err.Error(), "CANARY") || time.Since(begun) > 15*time.Second {
			t.Errorf("%s: after %v: %v", script, time.Since(begun), err)
		}
	}
	missing := spec.Command{Argv: []string{"/nowhere/program"}, Timeout: time.Second}
	if _, err := RunCommand(t.Context(), missing, keyForm, new(Secrets)); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}
