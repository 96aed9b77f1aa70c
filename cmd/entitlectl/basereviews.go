package main

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/git"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// weakenedReviews finds access reviews that were open at a base and are gone, frozen anew or closed without being carried out: that a
// review was closed is only what its file says, so it is held against what the files give.
func (c *cli) weakenedReviews(repository *git.Repository, past *spec.Past, now *spec.Spec) (found []spec.Weakening) {
	for _, folder := range below(repository, []string{reviewFolder}) {
		entries, err := past.Files.Entries(folder)
		if err != nil {
			c.printError(fmt.Errorf("warning: --base %s: its reviews can't be read: %w", c.base, err))
		}
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			if path.Ext(name) != ".yaml" || entries[name] != 0 {
				continue
			}
			text, err := past.Files.Read(path.Join(folder, name))
			if err != nil {
				continue
			}
			file := filepath.Join(reviewFolder, name)
			if was, err := access.ReadReview(file, text); err == nil && was.Open() && was.Check() == nil {
				found = append(found, c.weakenedReview(file, was, now)...)
			}
		}
	}
	return found
}

// weakenedReview is what became of an open review; none where it is still open as it was.
func (c *cli) weakenedReview(file string, was *access.Review, now *spec.Spec) []spec.Weakening {
	told := spec.Weakening{What: spec.GuardReview, On: file, From: "open", Was: file}
	is, _, err := readReview(file)
	switch {
	case err != nil || !slices.Contains(reviewFiles(reviewFolder), file):
		return []spec.Weakening{told}
	case is.Population != was.Population:
		told.From, told.To = "", "another than was frozen"
	case is.Open():
		return nil
	default:
		undone := is.Undone(c.at(), now.Desired)
		if len(undone) == 0 {
			return nil
		}
		told.Source, told.To = undone[0].Place, "closed, though the files do not carry it out: "+undoneText(undone)
	}
	return []spec.Weakening{told}
}

// undoneText names the first few things that should not be given any more.
func undoneText(undone []access.Line) string {
	const most = 3
	all := spec.Each(undone[:min(most, len(undone))], access.Line.About)
	if more := len(undone) - most; more > 0 {
		all = append(all, render.Count(more, "line")+" more")
	}
	return strings.Join(all, ", ")
}
