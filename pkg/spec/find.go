package spec

import (
	"errors"
	"io/fs"
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

// canonical gives each path the one name that all spellings of it have, and sorts them.
func canonical(paths []string) []string {
	here, _ := os.Getwd() // without it paths stay as they are
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = canonicalName(here, path)
	}
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
		f.files = append(f.files, file{dir: ".", base: stdinPath, shown: "stdin", stdin: true})
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
	id := identity(filepath.Join(found.dir, found.base))
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
		case strings.HasPrefix(name, ".") || !isYAML(name) || looksLikeRules(e): // what looks like rules is an error of its own
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

// govern adds the rules files of a folder and of those above it, wherever a link to it lies.
func (f *finder) govern(dir string) {
	starts := []string{dir}
	if real, err := filepath.EvalSymlinks(dir); err == nil && real != filepath.Clean(dir) {
		starts = append(starts, real)
	}
	for _, start := range starts {
		for _, d := range f.upwards(start) {
			if id := identity(d); !f.searched[id] {
				f.searched[id] = true
				f.rulesIn(d)
			}
		}
	}
}

// upwards lists a folder and those above it, up to the working one or, where that is not above, the one that holds .git: a
// submodule that a change puts in the working folder takes nothing away from its rules. Where there is neither, nothing says
// where the files' home ends; then the list ends below the first folder that anybody may write to.
func (f *finder) upwards(dir string) []string {
	var dirs []string
	open, inside := 0, f.inWorking(dir)
	for ok := true; ok; dir, ok = up(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return dirs
		}
		if open == 0 && len(dirs) > 0 && info.Mode().Perm()&0o002 != 0 {
			open = len(dirs)
		}
		dirs = append(dirs, dir)
		if here := os.SameFile(info, f.working); here || !inside && inRepository(dir) {
			f.stopped = f.stopped || here
			return dirs
		}
	}
	if open > 0 {
		dirs = dirs[:open]
	}
	return dirs
}

// inWorking tells whether a folder is the working one, or below it.
func (f *finder) inWorking(dir string) bool {
	for ok := true; ok; dir, ok = up(dir) {
		if info, err := os.Stat(dir); err == nil && os.SameFile(info, f.working) {
			return true
		}
	}
	return false
}

// inRepository tells the top folder of a repository.
func inRepository(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	return err == nil
}

// above warns of rules of the same repository that stand above the working folder, where none are read.
func (f *finder) above() {
	var unread []string
	for dir, ok := ".", true; !inRepository(dir); {
		if dir, ok = up(dir); !ok {
			return
		}
		path := filepath.Join(dir, RulesFile)
		_, known := f.known[identity(path)]
		if _, err := os.Lstat(path); err == nil && !known {
			unread = append(unread, path)
		}
	}
	for _, path := range unread {
		f.warn(Position{File: path}, "run there, or name it with --file", "rules above the working folder are not read")
	}
}

// up names the folder above, as the user would; false where there is none.
func up(dir string) (string, bool) {
	parent := filepath.Dir(dir)
	if base := filepath.Base(dir); base == "." || base == ".." {
		parent = filepath.Join(dir, "..")
	}
	here, err := os.Stat(dir)
	above, err2 := os.Stat(parent)
	return parent, err == nil && err2 == nil && !os.SameFile(here, above)
}

// rulesIn adds a folder's rules file and refuses what may be taken for it.
func (f *finder) rulesIn(dir string) {
	path := filepath.Join(dir, RulesFile)
	switch _, err := os.Lstat(path); {
	case err == nil:
		f.add(file{dir: dir, base: RulesFile, shown: path})
	case !errors.Is(err, fs.ErrNotExist):
		f.unreadable(path, err)
	}
	entries, _ := os.ReadDir(dir) // one that can't be listed may yet be passed through
	for _, e := range entries {
		if looksLikeRules(e) {
			f.reject(Position{File: filepath.Join(dir, e.Name())}, "rename or remove it", "it looks like rules, which are read from %s only", RulesFile)
		}
	}
}

// below refuses rules that lie deeper than they are looked for, and warns of the first other file there that is not read.
// Folders that are named too are looked at for themselves, and hidden ones no deeper.
func (f *finder) below(o outer) {
	named := map[string]bool{}
	for _, o := range f.outer {
		named[identity(o.path)] = true
	}
	unread, folders := "", slices.Clone(o.inside)
	for i := 0; i < len(folders); i++ {
		if i == f.bounds.files {
			f.warn(Position{File: o.path}, "name a folder that holds less", "only %d of the folders in it are searched for rules", i)
			break
		}
		dir := filepath.Join(o.path, folders[i])
		deeper := !hiddenName(filepath.Base(dir)) && !named[identity(dir)]
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if path := filepath.Join(dir, e.Name()); f.misplaced(path, e, o) && unread == "" && !hiddenName(filepath.Base(dir)) {
				unread = path
			}
			if e.IsDir() && deeper {
				folders = append(folders, filepath.Join(folders[i], e.Name()))
			}
		}
	}
	if unread != "" {
		f.warn(Position{File: unread}, "name it, or its folder, with --file", "files in a folder of %s are not read", o.path)
	}
}

// misplaced refuses rules in a folder of one that is named, and tells other files that people may think are read.
func (f *finder) misplaced(path string, e fs.DirEntry, o outer) (unread bool) {
	i, known := f.known[identity(path)]
	switch {
	case e.Name() == RulesFile && known && f.files[i].base == RulesFile:
	case e.Name() == RulesFile || looksLikeRules(e):
		f.reject(Position{File: path}, "move it into "+o.path, "rules are not read from a folder in one that is named")
	default:
		return !known && !e.IsDir() && isYAML(e.Name()) && !hiddenName(e.Name())
	}
	return false
}

func hiddenName(name string) bool { return strings.HasPrefix(name, ".") }
