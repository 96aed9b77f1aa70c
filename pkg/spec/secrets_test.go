package spec

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestSecrets(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "d/secrets/key", "from-file\r\n")
	write(t, "d/secrets/two", "line\n\n")
	write(t, "d/secrets/empty", "\n")
	write(t, "d/secrets/big", strings.Repeat("x", maxSecret+1))
	write(t, "outside", "x")
	if err := os.Symlink("../../outside", "d/secrets/link"); err != nil {
		t.Fatal(err)
	}
	env := func(name string) (string, bool) {
		v, ok := map[string]string{"KEY": "from-env", "EMPTY": "", "CRLF": "from-env\r\n", "LF": "\n", "INNER": "from\nenv", "TWO": "from-env\n\n",
			"BLANK": "from env ", "TAB": "\tfrom-env", "CONTROL": "from\x00env", "WIDE": "from\u3000env", "BYTES": "from\xffenv"}[name]
		return v, ok
	}
	reference := func(text string) map[string]Reference {
		scheme, name, _ := strings.Cut(text, ":")
		return map[string]Reference{"key": {Scheme: scheme, Name: name, Folder: "d", Within: "secrets", Source: Position{"d/a.yaml", 3, 9}}}
	}
	for text, want := range map[string]string{
		"env:KEY": "from-env", "env:CRLF": "from-env", "file:secrets/key": "from-file",
	} {
		got, err := Connection{Auth: reference(text)}.Secrets(Lookup{Env: env})
		if err != nil || got["key"].Reveal() != want {
			t.Errorf("%s: %q, %v", text, got["key"].Reveal(), err)
		}
	}
	for text, want := range map[string]string{
		"env:NONE":           "is not set; set the variable",
		"env:EMPTY":          "is empty; set the variable to the secret",
		"env:LF":             "is empty; set the variable to the secret",
		"env:INNER":          "holds a line break, as no secret of a vendor does; set the variable to the secret alone",
		"env:TWO":            "holds a line break, as no secret of a vendor does; set the variable to the secret alone",
		"env:BLANK":          "holds a blank, as no secret of a vendor does; set the variable to the secret alone",
		"env:TAB":            "holds a blank, as no secret of a vendor does; set the variable to the secret alone",
		"env:CONTROL":        "holds a control character, as no secret of a vendor does; set the variable to the secret alone",
		"env:WIDE":           "holds a character that is not ASCII, as no secret of a vendor does; set the variable to the secret alone",
		"env:BYTES":          "holds a character that is not ASCII, as no secret of a vendor does; set the variable to the secret alone",
		"file:secrets/two":   "holds a line break, as no secret of a vendor does; write the secret alone into the file",
		"file:secrets/none":  "is unreadable: no such file or folder; check the path",
		"file:secrets/empty": "is empty; write the secret into the file",
		"file:secrets/big":   "is unreadable: file has 65537 bytes, more than the 65536 allowed; split it",
		"file:secrets":       "is unreadable: a folder, not a file; name a file, or put one in its place",
		"file:secrets/link":  "is unreadable: a link leads out of d/secrets; put the file itself there",
		"file:../outside":    "is unreadable: a link leads out of d/secrets; put the file itself there",
	} {
		got, err := Connection{Auth: reference(text)}.Secrets(Lookup{Env: env})
		if want = "d/a.yaml:3:9: auth key key: " + text + " " + want; err == nil || err.Error() != want || got != nil {
			t.Errorf("%s: got %v\nwant %s", text, err, want)
		}
	}
	both := Connection{Auth: map[string]Reference{"a": reference("env:NONE")["key"], "b": reference("env:EMPTY")["key"]}}
	if _, err := both.Secrets(Lookup{Env: env}); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("not both at once: %v", err)
	}
}

// TestSecretIsHidden prints a secret in every way that comes to mind, alone and inside of other values.
func TestSecretIsHidden(t *testing.T) {
	const text = "hunter2"
	secret := NewSecret(text)
	inside := struct {
		hidden Secret
		Shown  Secret
		List   []Secret
		Map    map[string]Secret
		Any    any
	}{secret, secret, []Secret{secret}, map[string]Secret{"k": secret}, &secret}
	for _, v := range []any{secret, &secret, inside, &inside} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%o", "%T %[1]v"} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, text) || strings.Contains(strings.ToLower(got), fmt.Sprintf("%x", text)) {
				t.Errorf("%s shows it: %s", verb, got)
			}
		}
		for name, marshal := range map[string]func(any) ([]byte, error){"json": json.Marshal, "yaml": yaml.Marshal} {
			if got, err := marshal(v); err != nil || strings.Contains(string(got), text) {
				t.Errorf("%s shows it: %s, %v", name, got, err)
			}
		}
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		if strings.Contains(log.String(), text) {
			t.Errorf("slog shows it: %s", &log)
		}
	}
	if fmt.Sprint(secret) != redacted {
		t.Errorf("prints %v", secret)
	}
	if secret.Reveal() != text || (Secret{}).Reveal() != "" {
		t.Error("Reveal gives another text")
	}
}
