package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/spec/compose"
)

//go:embed ci/*.yaml
var ciTemplates embed.FS

// ciFiles are the files for each CI, by its name.
var ciFiles = map[string]string{"github": ".github/workflows/access.yaml", "gitlab": ".gitlab-ci.yml"}

func knownCI() []string { return slices.Sorted(maps.Keys(ciFiles)) }

// newFile is a file that is to be written where none is.
type newFile struct {
	path string
	text []byte
}

// files are all that is written. They are checked.
func (b *beginning) files() ([]newFile, error) {
	text, err := b.first()
	if err != nil {
		return nil, err
	}
	files := []newFile{{b.flags.out, text}, {filepath.Join(filepath.Dir(b.flags.out), schemaFile), spec.Schema(providers.Formats())}}
	for _, name := range b.flags.ci {
		path, known := ciFiles[name]
		if !known {
			return nil, fmt.Errorf("--ci %s: there are files for %s%s; docs/security.md has the commands for any other", name, strings.Join(knownCI(), " and "), didYouMean(name, knownCI()))
		}
		text, err := b.ciFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, newFile{path, text})
	}
	return files, nil
}

// first is the first file, in the form that fmt gives it.
func (b *beginning) first() ([]byte, error) {
	var text strings.Builder
	text.WriteString("# yaml-language-server: $schema=" + schemaFile + "\n\nversion: 1\n\nconnections:\n")
	for _, n := range b.connections {
		fmt.Fprintf(&text, "  %s:\n    provider: %s\n", compose.Scalar(n.name), n.format.Provider)
		for _, key := range append(slices.Clone(n.format.Keys), keyEndpoint) {
			if value := n.settings[key]; value != "" {
				fmt.Fprintf(&text, "    %s: %s\n", key, n.written(key))
			}
		}
		text.WriteString("    auth:\n")
		for _, key := range n.format.Auth[0].Keys {
			fmt.Fprintf(&text, "      %s: %s\n", key, n.reference(key))
		}
	}
	text.WriteString("\n# Nothing is managed yet: only what is listed is. Add what is there already with `entitlectl import --adopt`.\n")
	formats := providers.Formats()
	if _, err := spec.Load(spec.Input{Paths: []string{"-"}, Stdin: []byte(text.String()), Formats: formats}); err != nil {
		return nil, fmt.Errorf("nothing was written, since what was to be written is not valid: %w", err)
	}
	return compose.Format([]byte(text.String()), formats)
}

// written is a setting as files write it: those that are true or false without quotes.
func (n newConnection) written(key string) string {
	value := n.settings[key]
	if slices.Contains(n.format.Booleans, key) && (value == "true" || value == "false") {
		return value
	}
	return compose.Scalar(value)
}

// wordStart is where a word begins within a key.
var wordStart = regexp.MustCompile(`([a-z])([A-Z])`)

// reference is where a secret is found: in the variable that the vendor's own tools use, or one named like those.
func (n newConnection) reference(key string) string {
	if example, ok := n.format.Examples[key].(string); ok && strings.HasPrefix(example, "env:") {
		return example
	}
	return "env:" + strings.TrimSuffix(n.format.Env[0], "*") + strings.ToUpper(wordStart.ReplaceAllString(key, "${1}_${2}"))
}

// variables are those that must be set, sorted.
func (b *beginning) variables() []string {
	all := map[string]bool{}
	for _, n := range b.connections {
		for _, key := range n.format.Auth[0].Keys {
			all[strings.TrimPrefix(n.reference(key), "env:")] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// plainPath is a path that needs no quoting, in whatever a CI has as its shell.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`)

// ciFile is the file for a CI.
func (b *beginning) ciFile(name string) ([]byte, error) {
	if !plainPath.MatchString(b.flags.out) {
		return nil, fmt.Errorf("--out %s: with --ci, name a file below this folder by plain letters, digits, _, ., - and /", b.flags.out)
	}
	made, err := template.New(name+".yaml").Delims("[[", "]]").ParseFS(ciTemplates, "ci/"+name+".yaml")
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	err = made.Execute(&text, struct {
		File string
		Env  []string
	}{b.flags.out, b.variables()})
	return []byte(text.String()), err
}

// writeNew writes all files, or none where one exists or can't be written. The schema is the same for all, and stays.
func writeNew(files []newFile) (err error) {
	var written []string
	for _, f := range files {
		if _, there := os.Lstat(f.path); there == nil && filepath.Base(f.path) != schemaFile {
			return fmt.Errorf("%s exists; nothing was written: remove it first, or name another file", f.path)
		}
	}
	for _, f := range files {
		done, failed := f.write()
		if failed != nil {
			err = failed
			break
		}
		if done {
			written = append(written, f.path)
		}
	}
	for _, path := range written {
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}

// write writes the file unless it is there. A schema that is there stays.
func (f newFile) write() (done bool, err error) {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return false, err
	}
	out, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) && filepath.Base(f.path) == schemaFile {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = out.Write(f.text)
	if err = errors.Join(err, out.Close()); err != nil {
		return false, errors.Join(err, os.Remove(f.path))
	}
	return true, nil
}
