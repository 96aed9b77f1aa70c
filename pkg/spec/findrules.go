package spec

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// govern adds the rules files of a folder and of those above it, wherever a link to it lies.
func (f *finder) govern(dir string) {
	starts := []string{dir}
	if real, err := filepath.EvalSymlinks(dir); err == nil && real != filepath.Clean(dir) {
		starts = append(starts, real)
	}
	for _, start := range starts {
		for _, d := range f.upwards(start) {
			if id := realPath(d); !f.searched[id] {
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

// inWorking says whether a folder is the working one, or below it.
func (f *finder) inWorking(dir string) bool {
	for ok := true; ok; dir, ok = up(dir) {
		if info, err := os.Stat(dir); err == nil && os.SameFile(info, f.working) {
			return true
		}
	}
	return false
}

// inRepository says whether a folder is the top one of a repository.
func inRepository(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, gitFolder))
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
		_, known := f.known[realPath(path)]
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
		named[realPath(o.path)] = true
	}
	unread, folders := "", slices.Clone(o.inside)
	for i := 0; i < len(folders); i++ {
		if i == f.bounds.files {
			f.warn(Position{File: o.path}, "name a folder that holds less", "only %d of the folders in it are searched for rules", i)
			break
		}
		dir := filepath.Join(o.path, folders[i])
		deeper := !hiddenName(filepath.Base(dir)) && !named[realPath(dir)]
		entries, err := os.ReadDir(dir)
		if err != nil && deeper {
			what, _ := explain(err)
			f.warn(Position{File: dir}, "see that no rules are in it", "%s", what)
		}
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

// misplaced refuses rules in a folder of one that is named, and says whether another file is one that people may think is read.
func (f *finder) misplaced(path string, e fs.DirEntry, o outer) (unread bool) {
	i, known := f.known[realPath(path)]
	switch {
	case e.Name() == RulesFile && known && f.files[i].base == RulesFile:
	case e.Name() == RulesFile || looksLikeRules(e):
		f.reject(Position{File: path}, "move it into "+o.path, "rules are not read from a folder in one that is named")
	default:
		return !known && !e.IsDir() && isYAML(e.Name()) && !hiddenName(e.Name())
	}
	return false
}

// rulesLike matches what plainly makes of the names that people may take for RulesFile: with another ending, or that of a
// copy, and with letters that only look like ours.
var rulesLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("^" + likely("entitlectlrule") + "[s[:^ascii:]]?(.*" + likely("y") + "[a[:^ascii:]]?" + likely("ml") + ")?" +
		"(json|bak|back|backup|old|orig|original|save|saved|copy|new|tmp|temp|txt|text|disabled|off|rej|[0-9])*$")
})

// likely matches a word in which any letter may be replaced by one of another script.
func likely(word string) string {
	var b strings.Builder
	for _, r := range word {
		b.WriteString("[" + string(r) + "[:^ascii:]]")
	}
	return b.String()
}

// looksLikeRules says whether people may take a file for a rules file, though it is none. Files that editors make for themselves
// are not meant: those have other endings, or begin with #.
func looksLikeRules(e fs.DirEntry) bool {
	name := e.Name()
	return name != RulesFile && (isYAML(name) || !e.IsDir()) && NamedLikeRules(name)
}

// NamedLikeRules says whether a file of that name is taken for rules, which it is an error to keep in any other than RulesFile.
func NamedLikeRules(name string) bool { return rulesLike().MatchString(plainly(name)) }

// plainly keeps of a name what tells it from others: letters and digits, in lower case and of usual width.
func plainly(name string) string {
	return strings.Map(func(r rune) rune {
		const wide = '！' - '!' // from a character of usual width to the full-width one
		if r > '！' && r <= '～' {
			r -= wide
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '#' {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
