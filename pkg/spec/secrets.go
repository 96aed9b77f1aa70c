package spec

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// Reference says where a secret is found, env:NAME or file:PATH, or what an operator's file says as it is.
type Reference struct {
	Scheme string // "env" or "file"; of an operator's file also "text", "path" and "exec"
	Name   string // variable name, or path below Folder; the text, the absolute path, or the program and its arguments with zero bytes between
	Folder string // of the file that names it
	Within string // the part of Folder that the path may not leave, "" for all of it
	Source Position
	Kind   AuthKind

	Command *Command // of AuthCommand
}

// String is the reference as the file writes it, of a program without its arguments. It is safe to print: it is not the secret.
func (r Reference) String() string {
	name, _, _ := strings.Cut(r.Name, "\x00")
	if r.Scheme == "text" || r.Scheme == "path" {
		return name
	}
	return r.Scheme + ":" + name
}

// Secret is a resolved secret. Printing it in any form shows "[redacted]"; only Reveal gives the text.
// The text is behind a pointer, since printing a struct that holds a Secret in a field of its own calls no method.
type Secret struct{ text *string }

// NewSecret wraps a secret text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the secret text, for signing and sending only.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

const redacted = "[redacted]"

// String hides the text.
func (Secret) String() string { return redacted }

// Format hides the text from every verb of fmt.
func (Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// MarshalText hides the text from JSON, YAML and slog.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// maxSecret is the largest file that is taken for a secret, in bytes.
const maxSecret = 64 << 10

// Lookup says how secrets are looked up.
type Lookup struct {
	Env      func(name string) (string, bool) // environment variables
	Tracked  func(path string) (bool, error)  // whether git tracks a file, by its absolute path; nil: nobody is asked
	StateDir string                           // where no secret may be; "": nowhere

	read func(dir, name string, limit int64) ([]byte, error) // nil: readBelow
}

// Secrets resolves the connection's auth references. Unset or empty variables and missing or empty files are errors that
// name the reference and its position, and so are secrets that hold what no vendor puts into one; all are reported at once, as
// Load does. A newline at the end is trimmed.
// A file is read only where its real path, links followed, is in a place that Load accepts, and git tracks neither it nor a
// link to it.
func (c Connection) Secrets(from Lookup) (map[string]Secret, error) {
	var p problems
	secrets := make(map[string]Secret, len(c.Auth))
	for key, ref := range c.Auth {
		if text, what, hint := ref.resolve(from); what != "" {
			p.reject(ref.Source, hint, "auth key %s: %s %s", key, ref, what)
		} else {
			secrets[key] = NewSecret(text)
		}
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return secrets, nil
}

// resolve gives the secret's text, or what is wrong with the reference. That of a program is empty: it is run when it is needed.
func (r Reference) resolve(from Lookup) (text, what, hint string) {
	if text, what, hint = r.text(from); what != "" {
		return text, what, hint
	}
	path := text
	if r.Kind == AuthCommand {
		path, _, _ = strings.Cut(r.Name, "\x00")
		if found, err := exec.LookPath(path); err == nil { // else running it says so
			path = found
		}
	}
	switch {
	case r.Kind == AuthTokenFile && !filepath.IsAbs(path):
		return "", "does not hold an absolute path", "set the variable to the path of the file that holds the token"
	case r.Kind != AuthTokenFile && r.Kind != AuthCommand, !filepath.IsAbs(path), from.Tracked == nil:
		return text, "", ""
	}
	switch tracked, err := from.Tracked(path); {
	case err != nil:
		return "", "leads to a file of which git does not say whether it tracks it: " + err.Error(), "run where git works"
	case tracked:
		return "", "leads to a file that git tracks, so that a change could bring another one", "name a file elsewhere"
	}
	return text, "", ""
}

// text is resolve for what needs no look at where it leads.
func (r Reference) text(from Lookup) (text, what, hint string) {
	switch r.Scheme {
	case "text", "path":
		return r.Name, "", ""
	case "exec":
		return "", "", ""
	case "env":
		text, set := from.Env(r.Name)
		switch {
		case !set:
			return "", "is not set", "set the variable"
		case trimmed(text) == "":
			return "", "is empty", "set the variable to the secret"
		}
		return fit(trimmed(text), "set the variable to the secret alone")
	}
	data, err := r.open(from)
	if err != nil {
		what, hint = explain(err)
		return "", "is unreadable: " + what, hint
	}
	if text = trimmed(string(data)); text == "" {
		return "", "is empty", "write the secret into the file"
	}
	return fit(text, "write the secret alone into the file")
}

// FlawOfSecret says what a text holds that no secret does, "" for nothing.
func FlawOfSecret(text string) string {
	_, what, _ := fit(text, "")
	return what
}

func trimmed(text string) string {
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
}

// fit gives a secret's text, or what it holds that no secret does. A vendor takes a wrong one for an attack, and locks the key
// after a few.
func fit(text, otherwise string) (fits, what, hint string) {
	for _, odd := range []struct {
		is   func(r rune) bool
		what string
	}{
		{func(r rune) bool { return r == '\n' || r == '\r' }, "a line break"}, {func(r rune) bool { return r == ' ' || r == '\t' }, "a blank"},
		{unicode.IsControl, "a control character"}, {func(r rune) bool { return r > unicode.MaxASCII }, "a character that is not ASCII"},
	} {
		if strings.ContainsFunc(text, odd.is) {
			return "", "holds " + odd.what + ", as no secret of a vendor does", otherwise
		}
	}
	return text, "", ""
}

// open reads the file, if its real path may be read.
func (r Reference) open(from Lookup) ([]byte, error) {
	folder, err := filepath.Abs(r.Folder)
	if err == nil {
		folder, err = filepath.EvalSymlinks(folder)
	}
	if err != nil {
		return nil, err
	}
	real, err := filepath.EvalSymlinks(filepath.Join(folder, r.Name))
	if err != nil {
		return nil, err
	}
	if err := r.guard(folder, real, from); err != nil {
		return nil, err
	}
	name, err := filepath.Rel(folder, real)
	if err != nil {
		return nil, err
	}
	read := from.read
	if read == nil {
		read = readBelow
	}
	return read(folder, name, maxSecret)
}

// guard refuses real paths that links lead to past what the reference says, and files that a change to the files could
// bring along.
func (r Reference) guard(folder, real string, from Lookup) error {
	rel, err := filepath.Rel(filepath.Join(folder, r.Within), real)
	switch {
	case err != nil || !filepath.IsLocal(rel):
		return &fault{"a link leads out of " + filepath.Join(r.Folder, r.Within), "put the file itself there"}
	case inGit(real):
		return &fault{"it is inside of " + gitFolder, "keep secrets elsewhere"}
	case from.StateDir != "" && holds(from.StateDir, real):
		return &fault{"it is in the state folder", "keep secrets elsewhere"}
	case from.Tracked == nil:
		return nil
	}
	for _, path := range slices.Compact([]string{filepath.Join(folder, r.Name), real}) { // a link that is tracked may choose another's secret
		tracked, err := from.Tracked(path)
		switch {
		case err != nil:
			return &fault{"git does not say whether it tracks it: " + err.Error(), "run where git works"}
		case tracked:
			return &fault{"git tracks it", "take the secret out of git, and change it"}
		}
	}
	return nil
}

// holds says whether a folder holds a file, whatever names the two go by.
func holds(folder, name string) bool {
	of, err := os.Stat(folder)
	if err != nil {
		return false
	}
	for {
		if at, err := os.Stat(name); err == nil && os.SameFile(at, of) {
			return true
		}
		parent := filepath.Dir(name)
		if parent == name {
			return false
		}
		name = parent
	}
}
