package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// find lists the files that paths stand for, and the rules files that govern them, each once and sorted by name: in whatever
// order and spelling they are named, it is the same list.
func (l *loader) find(paths []string) []file {
	paths = canonical(paths)
	f := finder{loader: l, known: map[string]int{}, searched: map[string]bool{}}
	f.working, _ = os.Stat(".")
	if len(paths) == 0 {
		l.reject(Position{}, "name a file or a folder", "no file is named")
	}
	for _, path := range paths {
		if path == stdinPath && l.stdin != nil {
			f.standardInput()
			continue
		}
		info, err := os.Stat(path)
		switch {
		case path == "":
			l.reject(Position{}, "name a file or a folder", "a path is empty")
		case errors.Is(err, fs.ErrNotExist):
			l.missing(path)
		case err != nil:
			l.unreadable(path, err)
		case info.IsDir():
			f.folder(path)
			f.govern(path)
		default:
			f.add(file{dir: filepath.Dir(path), base: filepath.Base(path), shown: path})
			f.govern(filepath.Dir(path))
		}
		if len(f.files) > l.bounds.files {
			l.reject(Position{File: path}, "merge some, or split them over several runs", "with it there are more than %d files", l.bounds.files)
			return nil
		}
	}
	for _, o := range f.outer {
		f.below(o)
	}
	if f.stopped {
		f.above()
	}
	slices.SortFunc(f.files, func(a, b file) int { return strings.Compare(a.shown, b.shown) })
	return f.files
}

// missing reports a path that leads nowhere, with the name in its folder that is nearest but for its ending.
func (l *loader) missing(path string) {
	what, hint := explain(fs.ErrNotExist)
	if strings.Contains(path, ",") {
		hint = "name each file with a --file of its own"
	}
	stem := func(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }
	folder, named := filepath.Dir(path), map[string]string{} // by stem
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if !hiddenName(e.Name()) && (e.IsDir() || isYAML(e.Name())) {
			named[stem(e.Name())] = e.Name()
		}
	}
	near := stem(filepath.Base(path))
	if named[near] == "" {
		near = suggest(near, slices.Sorted(maps.Keys(named)))
	}
	if name := named[near]; name != "" {
		hint = fmt.Sprintf("did you mean %q?", filepath.Join(folder, name))
	}
	l.reject(Position{File: path}, hint, "%s", what)
}

// canonical gives each path the one name that all spellings of it have, and sorts them.
func canonical(paths []string) []string {
	here, _ := os.Getwd() // without it paths stay as they are
	names := Each(paths, func(path string) string { return canonicalName(here, path) })
	slices.Sort(names)
	return slices.Compact(names)
}

// canonicalName is a path as seen from the working folder or, where it is named from the root and lies elsewhere, from there.
// Where a link on the way makes that another file, the path stays as it is.
func canonicalName(here, path string) string {
	name, err := filepath.Abs(path)
	if err != nil || path == "" {
		return path
	}
	if rel, err := filepath.Rel(here, name); err == nil && (filepath.IsLocal(rel) || !filepath.IsAbs(path)) {
		name = rel
	}
	given, err := os.Stat(path)
	found, err2 := os.Stat(name)
	if err != nil && err2 == nil || err == nil && (err2 != nil || !os.SameFile(given, found)) {
		return path
	}
	return name
}

// stdinPath is the path that stands for the standard input.
const stdinPath = "-"

// standardInput adds what was read from there, once. The rules that govern the working folder govern it.
func (f *finder) standardInput() {
	if !slices.ContainsFunc(f.files, func(f file) bool { return f.stdin }) {
		f.files = append(f.files, file{dir: f.stdinDir, base: stdinPath, shown: "stdin", stdin: true})
	}
	f.govern(".")
}

// finder collects files.
type finder struct {
	*loader
	files    []file
	known    map[string]int  // place in files, by identity
	searched map[string]bool // folders in which rules files were looked for, by identity
	outer    []outer
	working  fs.FileInfo
	stopped  bool // a search for rules ended with the working folder
}

// outer is a folder that was named, and the folders in it, whose files are not read.
type outer struct {
	path   string
	inside []string
}

// add adds a file. Among several names of one the name of rules files counts: what is in it governs.
func (f *finder) add(found file) {
	id := realPath(filepath.Join(found.dir, found.base))
	i, known := f.known[id]
	switch {
	case !known:
		f.known[id] = len(f.files)
		f.files = append(f.files, found)
	case found.base == RulesFile && f.files[i].base != RulesFile:
		f.files[i] = found
	}
}

// folder adds the files of a folder by name.
func (f *finder) folder(path string) {
	entries, err := os.ReadDir(path)
	if err != nil {
		f.unreadable(path, err)
		return
	}
	o, some := outer{path: path}, false
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.IsDir():
			o.inside = append(o.inside, name)
		case almostYAML(name) && !e.IsDir() && !looksLikeRules(e):
			f.warn(Position{File: filepath.Join(path, name)}, "rename it", "the file is not read, since its name does not end with .yaml or .yml")
		case hiddenName(name) || !isYAML(name) || looksLikeRules(e): // what looks like rules is an error of its own
		case strings.IndexFunc(name, isHidden) >= 0:
			f.reject(Position{File: path}, "rename it", "file name %s holds an invisible character", quoted(name))
			some = true
		case len(f.files) > f.bounds.files:
			return
		default:
			f.add(file{dir: path, base: name, shown: filepath.Join(path, name)})
			some = true
		}
	}
	if !some {
		f.reject(Position{File: path}, "add one, or name another folder", "folder holds no *.yaml or *.yml file")
	}
	f.outer = append(f.outer, o)
}

func isYAML(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

// almostYAML says whether whoever named a file so thinks that it ends as those that are read: editors add .txt, and a blank at the end
// can't be seen. Copies that editors keep are not meant.
func almostYAML(name string) bool {
	visible := strings.TrimSuffix(strings.TrimRight(strings.ToLower(name), " ."), ".txt")
	mistyped := slices.Contains([]string{".yam", ".ymal", ".yalm"}, filepath.Ext(visible))
	return !hiddenName(name) && !isYAML(name) && (mistyped || isYAML(visible))
}

func hiddenName(name string) bool { return strings.HasPrefix(name, ".") }
