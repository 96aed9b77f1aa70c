package httpx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Limits of a program that prints a credential.
const (
	maxPrinted  = 64 << 10
	maxSaid     = 2 << 10         // of its stderr, from the end
	afterLife   = 2 * time.Second // for what it started itself and left behind
	expiryField = "expiresAt"
)

// bareEnv are the variables that every program gets, as far as they are set: to find other programs and its own files.
var bareEnv = []string{"PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT"}

// Printed is a credential as a program printed it.
type Printed struct {
	Keys map[string]spec.Secret // as auth has them
	Life time.Duration          // 0: it does not say
}

// RunCommand has a program print a credential as a JSON object: all keys of one of the forms, any of its optional ones, and perhaps
// expiresAt, a moment as in RFC 3339. It runs without a shell, from the root folder, so that no file of the working folder is taken
// for an argument of it, and with few variables. Where its time is over it is killed with all that it started, as far as the system can
// tell. What it says on stderr is shown where it fails, with the secrets hidden that are known.
func RunCommand(ctx context.Context, c spec.Command, forms []spec.AuthForm, secrets *Secrets) (Printed, error) {
	environment := environmentOf(c, secrets)
	limited, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	program := exec.CommandContext(limited, c.Argv[0], c.Argv[1:]...)
	out, said := &bounded{most: maxPrinted, full: cancel}, &tail{most: maxSaid}
	program.Dir, program.Env, program.Stdout, program.Stderr, program.WaitDelay = string(os.PathSeparator), environment, out, said, afterLife
	asGroup(program)
	err := program.Run()
	keepPrinted(out.kept, secrets)
	switch {
	case ctx.Err() != nil:
		return Printed{}, interruption(ctx)
	case out.over:
		err = fmt.Errorf("it printed more than %d KiB", maxPrinted>>10)
	case limited.Err() != nil:
		err = fmt.Errorf("it did not end within %v", c.Timeout)
	}
	if err != nil {
		text := strings.TrimSpace(secrets.Redact(strings.ToValidUTF8(string(said.kept), "?")))
		if text != "" {
			text = "; it said: " + text
		}
		return Printed{}, fmt.Errorf("%s: exec %s: %w%s", c.Source, c.Argv[0], err, text)
	}
	p, err := readPrinted(out.kept, forms)
	if err != nil {
		return Printed{}, fmt.Errorf("%s: exec %s: %w", c.Source, c.Argv[0], err)
	}
	return p, nil
}

// environmentOf are the variables that a program gets: the bare ones, and those that the operator's file names, whose values are
// secrets from then on.
func environmentOf(c spec.Command, secrets *Secrets) []string {
	all := []string{}
	for _, name := range slices.Concat(bareEnv, c.Env) {
		value, set := os.LookupEnv(name)
		if !set {
			continue
		}
		all = append(all, name+"="+value)
		if slices.Contains(c.Env, name) {
			secrets.Keep(spec.NewSecret(value))
		}
	}
	return all
}

// keepPrinted hides from now on all texts of what a program printed, whether or not it is what was asked for.
func keepPrinted(data []byte, secrets *Secrets) {
	var fields map[string]any
	_ = json.Unmarshal(data, &fields) // what it holds of them
	for key, value := range fields {
		if text, ok := value.(string); ok && key != expiryField {
			secrets.KeepToken(spec.NewSecret(text))
		}
	}
}

// readPrinted reads what a program printed. No error shows any of it but the names of keys that are expected.
func readPrinted(data []byte, forms []spec.AuthForm) (p Printed, err error) {
	var fields map[string]string
	if duplicateKey(data) != "" || json.Unmarshal(data, &fields) != nil || fields == nil {
		return p, errors.New("it did not print one JSON object of texts; " + wantPrinted(forms))
	}
	if text, given := fields[expiryField]; given {
		ends, ok := provider.Instant(text)
		if !ok {
			return p, errors.New("its expiresAt is no moment; write it as 2026-01-31T12:00:00Z")
		}
		if p.Life, err = LifeOf(ends, Answer{}); err != nil {
			return p, err
		}
		delete(fields, expiryField)
	}
	form := slices.IndexFunc(forms, func(f spec.AuthForm) bool { return f.Holds(fields) })
	if form < 0 {
		return p, errors.New("it printed other keys than those of a credential; " + wantPrinted(forms))
	}
	p.Keys = map[string]spec.Secret{}
	for key, text := range fields {
		if flaw := spec.FlawOfSecret(text); flaw != "" {
			return p, fmt.Errorf("the %s that it printed %s", key, flaw)
		}
		p.Keys[key] = spec.NewSecret(text)
	}
	return p, nil
}

func wantPrinted(forms []spec.AuthForm) string {
	all := spec.Each(forms, func(f spec.AuthForm) string { return strings.Join(slices.Concat(f.Keys, f.Optional), ", ") })
	return "it must print " + strings.Join(all, "; or ") + "; with " + expiryField + " where it ends"
}

// bounded keeps what is written up to a limit, and says so when there is more. (It embeds no buffer: io.Copy would fill that by itself.)
type bounded struct {
	kept []byte
	most int
	over bool
	full func()
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.kept)+len(p) > b.most {
		b.over = true
		b.full()
		return 0, errors.New("too much")
	}
	b.kept = append(b.kept, p...)
	return len(p), nil
}

// tail keeps the end of what is written.
type tail struct {
	kept []byte
	most int
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	t.kept = append([]byte(nil), t.kept[max(0, len(t.kept)-t.most):]...)
	return len(p), nil
}
