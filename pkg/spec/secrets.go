package spec

import (
	"path/filepath"
	"strings"
)

// maxSecret is the largest file that is taken for a secret, in bytes.
const maxSecret = 64 << 10

// Secrets resolves the connection's auth references; env looks a variable up. Unset or empty variables and missing or
// empty files are errors that name the reference and its position; all are reported at once, as Load does. A newline at
// the end of a file is trimmed. Files are read below the folder of the file that names them, never outside.
func (c Connection) Secrets(env func(string) (string, bool)) (map[string]Secret, error) {
	var p problems
	secrets := make(map[string]Secret, len(c.Auth))
	for key, ref := range c.Auth {
		if text, what, hint := ref.resolve(env); what != "" {
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

// resolve gives the secret's text, or what is wrong with the reference.
func (r Reference) resolve(env func(string) (string, bool)) (text, what, hint string) {
	if r.Scheme == "env" {
		text, set := env(r.Name)
		switch {
		case !set:
			return "", "is not set", "set the variable"
		case text == "":
			return "", "is empty", "set the variable to the secret"
		}
		return text, "", ""
	}
	data, err := readBelow(filepath.Dir(r.Source.File), r.Name, maxSecret)
	if err != nil {
		what, hint = explain(err)
		return "", "is unreadable: " + what, hint
	}
	text = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if text == "" {
		return "", "is empty", "write the secret into the file"
	}
	return text, "", ""
}
