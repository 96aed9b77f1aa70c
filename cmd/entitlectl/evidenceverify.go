package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// evidenceCheck is evidence that is being checked, and what is wrong with it.
type evidenceCheck struct {
	root    *os.Root
	sums    map[string]string
	records []string // digests
	wrong   *multierror.Error
}

// verifyEvidence checks a folder. All that is wrong is said.
func (c *cli) verifyEvidence(dir, contains string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("--evidence %s: %w", dir, err)
	}
	defer root.Close()
	sums, digest, err := readSums(root)
	if err != nil {
		return fmt.Errorf("--evidence %s: %w", dir, err)
	}
	e := &evidenceCheck{root: root, sums: sums}
	e.files()
	about := e.facts()
	runs := about.Runs
	e.chain(about)
	if contains != "" && !strings.HasPrefix(digest, contains) && !slices.ContainsFunc(e.records, func(d string) bool { return strings.HasPrefix(d, contains) }) {
		e.say("neither %s nor a record has the digest %s: this is other evidence than that was of, or it was written anew", evidenceSums, contains)
	}
	if err := e.wrong.ErrorOrNil(); err != nil {
		return fmt.Errorf("--evidence %s: %w", dir, err)
	}
	said := struct {
		Runs    int    `json:"runs"`
		Files   int    `json:"files"`
		Records int    `json:"records"`
		Digest  string `json:"digest"` // of SHA256SUMS
	}{len(runs), len(sums), len(e.records), digest}
	return c.show(said, render.Report{Title: "Evidence", Totals: fmt.Sprintf("The evidence is whole: %s in %s, %s of the history; SHA256SUMS is %s.",
		render.Count(said.Runs, "run"), render.Count(said.Files, "file"), render.Count(said.Records, "record"), digest)})
}

func (e *evidenceCheck) say(format string, args ...any) {
	e.wrong = multierror.Append(e.wrong, fmt.Errorf(format, args...))
}

// files compares what is there with the manifest.
func (e *evidenceCheck) files() {
	there := map[string]bool{}
	err := fs.WalkDir(e.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		there[name] = true
		return nil
	})
	if err != nil {
		e.say("%w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(e.sums)) {
		sum, err := sumOf(e.root, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			e.say("%s is missing", name)
		case err != nil:
			e.say("%w", err)
		case sum != e.sums[name]:
			e.say("%s was altered", name)
		}
		delete(there, name)
	}
	delete(there, evidenceSums)
	for _, name := range slices.Sorted(maps.Keys(there)) {
		e.say("%s is none of the files that were written", name)
	}
}

// facts reads what the evidence is about.
func (e *evidenceCheck) facts() facts {
	var about facts
	text, err := e.root.ReadFile(evidenceFacts)
	if err == nil {
		err = json.Unmarshal(text, &about)
	}
	if err == nil && about.Format != evidenceFormat {
		err = fmt.Errorf("it has format %d, this version reads %d; use the entitlectl that made it", about.Format, evidenceFormat)
	}
	if err != nil {
		e.say("%s: %w", evidenceFacts, err)
	}
	return about
}

// chain checks that records follow each other, and that the files of runs are those that their records name.
func (e *evidenceCheck) chain(about facts) {
	runs, at := about.Runs, map[string]int{}
	for i := range runs {
		at[runs[i].Who.Run] = i
	}
	text, err := e.root.ReadFile(evidenceRecords)
	if err != nil {
		e.say("%s: %w", evidenceRecords, err)
		return
	}
	found, want := map[string]bool{}, historyFilter{since: about.Since, until: about.Until}
	for line := range bytes.Lines(text) {
		var link chainedRecord
		var r store.Record
		if json.Unmarshal(line, &link) != nil || json.Unmarshal(link.Record, &r) != nil || store.Digest(link.Prev, link.Record) != link.Digest {
			e.say("%s:%d: the record was altered", evidenceRecords, len(e.records)+1)
			return
		}
		if n := len(e.records); n > 0 && e.records[n-1] != link.Prev {
			e.say("%s:%d: the record does not follow the one before it: what was between them was taken out", evidenceRecords, n+1)
		}
		e.records = append(e.records, link.Digest)
		if i, wanted := at[r.Who.Run]; wanted {
			found[r.Who.Run] = true
			e.run(runs[i], r)
		} else if r.Kind == store.RunStarted && len(want.within([]pastRun{{Started: r.At}})) > 0 {
			e.say("%s: the run that record %d began is left out", evidenceFacts, link.Number)
		}
	}
	for _, run := range runs {
		if !found[run.Who.Run] {
			e.say("run %d has no record", run.Number)
		}
	}
}

// run checks a file of a run against the record that names its digest, and what the list of runs says against the record.
func (e *evidenceCheck) run(run pastRun, r store.Record) {
	name, said := run.folder()+runOutcomes, run.ended(r)
	if r.Kind == store.RunStarted {
		name, said = run.folder()+runPlanRows, run.began(r)
	} else if r.Kind != store.RunEnded {
		return
	}
	listed, err := json.Marshal(run)
	recorded, failed := json.Marshal(said)
	if err != nil || failed != nil || !bytes.Equal(listed, recorded) {
		e.say("%s: run %d is not as its record says", evidenceFacts, run.Number)
	}
	if r.Details == nil {
		return
	}
	if digestPrefix+e.sums[name] != r.Details.Digest {
		e.say("%s is not what the record of run %d names", name, run.Number)
	} else if r.Kind == store.RunStarted {
		e.plan(run, name)
	}
}

// plan checks that the plan is the one that its rows hold, and has the id that the record names.
func (e *evidenceCheck) plan(run pastRun, rows string) {
	var whole bytes.Buffer
	if err := diff.WritePlan(&whole, e.lines(rows)); err != nil {
		e.say("%s: %w", rows, err)
		return
	}
	name := run.folder() + runPlan
	if text, err := e.root.ReadFile(name); err != nil || !bytes.Equal(text, whole.Bytes()) {
		e.say("%s is not the plan that %s holds", name, rows)
	}
	if plan, err := diff.Read(&whole); err != nil {
		e.say("%s: %w", name, err)
	} else if plan.ID != run.Plan {
		e.say("%s is another plan than run %d applied", name, run.Number)
	}
}

// lines reads rows.
func (e *evidenceCheck) lines(name string) store.Rows {
	return func(yield func(json.RawMessage, error) bool) {
		file, err := e.root.Open(name)
		if err != nil {
			yield(nil, err)
			return
		}
		defer file.Close()
		in := bufio.NewScanner(file)
		in.Buffer(nil, 1<<24)
		for in.Scan() {
			if !yield(in.Bytes(), nil) {
				return
			}
		}
		if err := in.Err(); err != nil {
			yield(nil, err)
		}
	}
}
