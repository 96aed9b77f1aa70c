package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/spec/compose"
	"github.com/entitlectl/entitlectl/pkg/store/file"
)

// schemaFile is the JSON Schema beside files in a folder, which YAML readers don't take for one of them.
const schemaFile = "entitlectl.schema.json"

// absentOutput refuses a file that exists; devices and pipes are written through.
func absentOutput(flag, path string) error {
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		return fmt.Errorf("%s %s: exists; name another file, or remove it first", flag, path)
	}
	return checkOutput(flag, path)
}

// checkPlaces finds out what is read beside what is to be written.
func (i *importing) checkPlaces() error {
	if i.flags.adopt {
		return i.findPlace()
	}
	if i.flags.into == "" {
		return i.secretsStayNear(filepath.Dir(i.flags.out))
	}
	if err := i.folderCanBe(i.flags.into); err != nil {
		return err
	}
	entries, err := os.ReadDir(i.flags.into)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--into %s: %w", i.flags.into, err)
	}
	for _, e := range entries {
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if ext != ".yaml" && ext != ".yml" || strings.HasPrefix(e.Name(), ".") || e.Name() == spec.RulesFile {
			continue
		}
		path := filepath.Join(i.flags.into, e.Name())
		if !slices.ContainsFunc(i.spec.Files, func(f string) bool { return sameFile(f, path) }) {
			return fmt.Errorf("--into %s: it has %s, which would be read along; name another folder", i.flags.into, e.Name())
		}
		i.rest = append(i.rest, path)
	}
	return i.secretsStayNear(i.flags.into)
}

// folderCanBe finds out, before anything is read, that the folder can't be made, or no file in it.
func (i *importing) folderCanBe(folder string) error {
	if err := i.notKept("--into", filepath.Join(folder, schemaFile)); err != nil {
		return err
	}
	there := folder
	for !exists(there) && there != filepath.Dir(there) {
		there = filepath.Dir(there)
	}
	return checkFolder("--into", folder, there)
}

// secretsStayNear refuses to copy references to files into another folder than that of the file they are in, where they begin.
func (i *importing) secretsStayNear(folder string) error {
	if i.flags.out == "" && i.flags.into == "" {
		return nil // whoever takes stdout knows where it goes
	}
	for _, sc := range i.scopes {
		for key, ref := range sc.connection.Auth {
			if ref.Scheme == "file" && i.copied(sc.connection) && !sameFile(folder, cmp.Or(ref.Folder, ".")) {
				return fmt.Errorf("connection %s: auth %s is %s, which begins at the folder of %s; write into that folder", sc.connection.Name, key, ref, sc.connection.Source.File)
			}
		}
	}
	return nil
}

// copied says whether what is written must define a connection itself: the operator's file does not, and none that is read along.
func (i *importing) copied(conn spec.Connection) bool {
	if i.spec.Operator != nil && conn.Source.File == i.spec.Operator.Name {
		return false
	}
	return !slices.ContainsFunc(i.rest, func(path string) bool { return sameFile(path, conn.Source.File) })
}

// write writes the files, all or none, and says what they hold.
func (i *importing) write(ctx context.Context, composed composing) error {
	split, where := compose.Whole, cmp.Or(i.grows, i.flags.into, i.flags.out, "stdout")
	if i.grows == "" && i.flags.into != "" {
		split = compose.Split(i.flags.split)
	}
	files, err := composed(split)
	switch {
	case err != nil:
	case files.Resources == 0 && i.flags.adopt:
		where = ""
	case i.grows != "":
		err = i.grow(files.Files[0].Text)
	case i.flags.into != "":
		err = i.writeInto(files.Files)
	case i.flags.out != "":
		if err = absentOutput("--out", i.flags.out); err == nil {
			err = errors.Join(i.writeOutput(ctx, i.flags.out, writes(files.Files[0].Text)), forAll(i.flags.out))
		}
	default:
		_, err = i.stdout.Write(files.Files[0].Text)
	}
	if err != nil {
		return fmt.Errorf("the files were not written: %w", err)
	}
	i.sayNotes(files)
	if i.output != "text" {
		return i.show(i.summary(files, where), render.Report{Title: "Import", Totals: i.said(files, cmp.Or(where, "nothing"))})
	}
	if where == "" {
		i.printError(errors.New("the files list all that can be listed; nothing was added"))
		return nil
	}
	i.printError(errors.New(i.said(files, where)))
	return nil
}

// writeInto writes files into the folder.
func (i *importing) writeInto(files []compose.File) (err error) {
	folder := i.flags.into
	had := exists(folder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if i.flags.schema == "" {
		files = append(slices.Clone(files), compose.File{Name: schemaFile, Text: spec.Schema(providers.Formats())})
	}
	var written []string
	for _, f := range files {
		path := filepath.Join(folder, f.Name)
		if _, exists := os.Lstat(path); exists == nil && f.Name == schemaFile {
			continue
		} else if exists == nil {
			err = fmt.Errorf("%s exists; name another folder", path)
		} else {
			err = errors.Join(file.Replace(path, f.Text), forAll(path))
		}
		if err != nil {
			break
		}
		written = append(written, path)
	}
	for _, path := range written {
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}
	if err != nil && !had {
		err = errors.Join(err, os.Remove(folder))
	}
	return err
}

// forAll lets others read a file, as files in a repository are: it holds no secret.
func forAll(path string) error {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return nil // a stream
	}
	return os.Chmod(path, 0o644)
}

// maxSaid is how many things that the files don't say exactly are said one by one.
const maxSaid = 20

// sayNotes says on stderr what the files don't say.
func (i *importing) sayNotes(files compose.Files) {
	for n, note := range files.Notes {
		if n == maxSaid {
			i.printError(fmt.Errorf("and %d more; the files say each in a comment", len(files.Notes)-n))
			break
		}
		i.printError(fmt.Errorf("%s %s: %s", note.Resource.Connection, note.Resource, note.Why))
	}
}

// said says what was imported.
func (i *importing) said(files compose.Files, where string) string {
	names := spec.Each(i.scopes, func(sc scope) string { return sc.connection.Name })
	teams := ""
	if files.Teams > 0 {
		teams = " in " + render.Count(files.Teams, "team")
	}
	return fmt.Sprintf("imported %s, %s and %s%s from %s to %s; planning that changes nothing", render.Count(files.Resources, "resource"),
		render.Count(files.Grants, "grant"), render.Count(files.Users, "user"), teams, strings.Join(names, ", "), where)
}

// imported is what an import did, as JSON shows it.
type imported struct {
	To        string   `json:"to,omitempty"` // file or folder; "": nothing was written
	Resources int      `json:"resources"`
	Grants    int      `json:"grants"`
	Users     int      `json:"users"` // new ones
	Teams     int      `json:"teams"`
	Notes     []inNote `json:"notes,omitempty"`
}

// inNote is what the files don't say exactly of a resource.
type inNote struct {
	Connection string `json:"connection"`
	Resource   string `json:"resource"`
	Why        string `json:"why"`
}

func (i *importing) summary(files compose.Files, where string) imported {
	return imported{where, files.Resources, files.Grants, files.Users, files.Teams, spec.Each(files.Notes, func(n compose.Left) inNote {
		return inNote{n.Resource.Connection, n.Resource.String(), n.Why}
	})}
}
