package spec

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Past are files as they were, at a commit. Load reads from it what is named below its top folder, and all else as it is now.
type Past struct {
	Top   string // an absolute path without links
	Files Tree
}

// Tree is what the top folder of a Past holds. Paths begin there, with slashes; "." is the folder itself.
type Tree interface {
	// Entries are what a folder holds by name, with the type bits of their modes; nil where there is no such folder.
	Entries(folder string) (map[string]fs.FileMode, error)
	// Read is what a regular file holds.
	Read(file string) ([]byte, error)
}

// UsualFile is the file or folder of the working folder that is read where none is named, "" where there is none.
func (p *Past) UsualFile() (string, error) {
	here, inside := p.within(".")
	if !inside {
		return "", nil
	}
	entries, err := p.Files.Entries(here)
	if err != nil {
		return "", err
	}
	_, file := entries["entitlements.yaml"]
	_, folder := entries["entitlements"]
	switch {
	case file && folder:
		return "", errors.New("entitlements and entitlements.yaml are there; name one with --file")
	case folder:
		return "entitlements", nil
	case file:
		return "entitlements.yaml", nil
	}
	return "", nil
}

// Has says whether a file or folder was there. What is not below the top, and the standard input, is as it is now.
func (p *Past) Has(name string) (bool, error) {
	below, inside := p.within(name)
	if !inside || below == "." || name == stdinPath {
		return true, nil
	}
	entries, err := p.Files.Entries(path.Dir(below))
	_, there := entries[path.Base(below)]
	return there, err
}

// within is the path of a file or folder below the top, which may be there or have been. A link that is the last part is not
// followed: it may have been something else.
func (p *Past) within(name string) (string, bool) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", false
	}
	below, err := filepath.Rel(p.Top, filepath.Join(realPath(filepath.Dir(abs)), filepath.Base(abs)))
	return filepath.ToSlash(below), err == nil && filepath.IsLocal(below)
}

// shown is the name by which users know what is below the top.
func (p *Past) shown(below string) string {
	here, err := os.Getwd()
	if err != nil {
		here = p.Top
	}
	abs := filepath.Join(p.Top, filepath.FromSlash(below))
	if name, err := filepath.Rel(realPath(here), abs); err == nil {
		return name
	}
	return abs
}

// findPast lists the files that paths stand for in the past, and the rules files that governed them there. What is not below the
// top, and the standard input, is what it is now. What the past lacks gives no file.
func (l *loader) findPast(paths []string, past *Past) []file {
	p := pastFinder{loader: l, past: past, known: map[string]bool{}}
	var now []string
	for _, name := range canonical(paths) {
		below, inside := past.within(name)
		switch {
		case name == stdinPath && l.stdin != nil:
			p.files = append(p.files, file{dir: l.stdinDir, base: stdinPath, shown: "stdin", stdin: true})
			if here, inside := past.within("."); inside {
				p.govern(here)
			}
		case !inside:
			now = append(now, name)
		default:
			p.name(below)
		}
	}
	if len(now) > 0 {
		p.files = append(p.files, l.find(now)...)
	}
	slices.SortFunc(p.files, func(a, b file) int { return strings.Compare(a.shown, b.shown) })
	return slices.CompactFunc(p.files, func(a, b file) bool { return a.shown == b.shown })
}

// pastFinder collects files of the past.
type pastFinder struct {
	*loader
	past  *Past
	files []file
	known map[string]bool // paths that were looked at
}

// entries are what a folder held. What can't be read is reported.
func (p *pastFinder) entries(folder string) map[string]fs.FileMode {
	entries, err := p.past.Files.Entries(folder)
	if err != nil {
		p.unreadable(p.past.shown(folder), err)
	}
	return entries
}

// name adds a file, or a folder's files, and the rules that governed them.
func (p *pastFinder) name(below string) {
	folder := path.Dir(below)
	mode, there := p.entries(folder)[path.Base(below)]
	if below == "." {
		mode, there = fs.ModeDir, true
	}
	switch {
	case !there:
		return
	case mode.IsDir():
		folder = below
		for name, mode := range p.entries(below) {
			if isYAML(name) && !hiddenName(name) && !NamedLikeRules(name) && !mode.IsDir() {
				p.add(path.Join(below, name), mode)
			}
		}
	default:
		p.add(below, mode)
	}
	p.govern(folder)
}

// govern adds the rules files of a folder and of those above it, up to the working one or, where that is not above, the top.
func (p *pastFinder) govern(folder string) {
	for working, inside := p.past.within("."); ; folder = path.Dir(folder) {
		if mode, there := p.entries(folder)[RulesFile]; there {
			p.add(path.Join(folder, RulesFile), mode)
		}
		if folder == "." || inside && folder == working {
			return
		}
	}
}

func (p *pastFinder) add(below string, mode fs.FileMode) {
	switch shown := p.past.shown(below); {
	case p.known[below]:
	case !mode.IsRegular():
		p.unreadable(shown, &fault{linkOrNoFile, "name a regular file"})
	default:
		p.files = append(p.files, file{dir: filepath.Dir(shown), base: path.Base(below), shown: shown, past: below})
	}
	p.known[below] = true
}
