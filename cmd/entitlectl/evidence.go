package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// The files of evidence. Those of runs are in a folder each.
const (
	evidenceFacts   = "evidence.json"
	evidencePage    = "index.html"
	evidenceChanges = "changes.csv"
	evidenceRecords = "records.jsonl"
	runPlan         = "plan.json"
	runPlanRows     = "plan.jsonl"
	runOutcomes     = "outcomes.jsonl"
)

func newHistoryEvidence(c *cli) *cobra.Command {
	var want historyFilter
	var out, reviews string
	command := &cobra.Command{
		Use: "evidence", Short: "Write a folder that shows an auditor what was applied in a time",
		Long: "Write into a new folder, for all runs that began in a time: the plan that was applied, what became of each change, who is said to\n" +
			"have asked for and approved it, which rules were lifted and why, and where author and approver are one. index.html shows it to\n" +
			"people, changes.csv to spreadsheets; records.jsonl has the records of the history with the chain of their digests, which vouch\n" +
			"for the files of each run. Files of access reviews in the folder reviews, or --reviews DIR, that were open in the time are copied.\n" +
			"SHA256SUMS has the digest of every file.\n\n" +
			"A history that is not whole gives none. The digest of SHA256SUMS is printed: hand it over apart from the folder. Whoever takes\n" +
			"the folder checks it with history verify --evidence DIR --contains DIGEST, or with sha256sum -c.",
		Example: "  entitlectl history evidence --since 2026-10-01 --until 2027-01-01 --out evidence-2026-q4",
		Args:    arguments(0, 0, "no arguments"),
		PreRunE: c.guard,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return errors.New("name the folder to make with --out DIR")
			}
			if err := cmp.Or(want.check(), checkReviews(reviews), c.checkEvidence(out)); err != nil {
				return err
			}
			return c.evidence(cmd.Context(), want, out, cmp.Or(reviews, reviewFolder))
		},
	}
	bounds(command, &want)
	command.Flags().Func("reviews", "copy review files from `DIR` (default reviews)", filled(&reviews, "DIR"))
	command.Flags().Func("out", "folder to write into, `DIR`, which must not exist or be empty", filled(&out, "DIR"))
	return command
}

// checkEvidence refuses a folder that others keep, or one by way of a link.
func (c *cli) checkEvidence(out string) error {
	if info, err := os.Lstat(out); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("--out %s: a link, which may lead anywhere; name the folder itself", out)
	}
	return c.notKept("--out", out)
}

// facts are what evidence is about and what is in it.
type facts struct {
	Format  int          `json:"format"`
	Made    time.Time    `json:"made"`
	By      string       `json:"by"` // USER@HOST that made it
	Version string       `json:"version"`
	Since   time.Time    `json:"since,omitzero"`
	Until   time.Time    `json:"until,omitzero"`
	Records int          `json:"records"` // of the whole history
	Head    string       `json:"head"`    // digest of its newest record
	Runs    []pastRun    `json:"runs"`
	Reviews []reviewFact `json:"reviews"`
}

const evidenceFormat = 1

// evidence writes the folder.
func (c *cli) evidence(ctx context.Context, want historyFilter, out, reviews string) error {
	runs, err := c.pastRuns(ctx, func(int) bool { return true })
	if err != nil {
		return fmt.Errorf("the history is not whole, so there is no evidence: %w", err)
	}
	chain, err := c.store.Verify(ctx)
	if err != nil {
		return fmt.Errorf("the history is not whole, so there is no evidence: %w", err)
	}
	about := facts{Format: evidenceFormat, Made: c.at(), By: c.user + "@" + c.host, Version: buildVersion().Version, Since: want.since, Until: want.until,
		Records: chain.Records, Head: chain.Head, Runs: want.within(runs)}
	if about.Runs == nil {
		about.Runs = []pastRun{}
	}
	folder, err := newEvidenceFolder(out)
	if err != nil {
		return err
	}
	defer folder.root.Close()
	page := evidencePageOf(about)
	err = c.writeReviews(folder, &about, reviews, page)
	if err == nil {
		err = c.writeEvidence(ctx, folder, about, chain, page)
	}
	if err != nil {
		return fmt.Errorf("--out %s: what is there is not whole; remove it: %w", out, err)
	}
	digest, err := folder.seal()
	if err != nil {
		return fmt.Errorf("--out %s: what is there is not whole; remove it: %w", out, err)
	}
	said := struct {
		Folder string `json:"folder"`
		Runs   int    `json:"runs"`
		Files  int    `json:"files"`  // but for SHA256SUMS
		Digest string `json:"digest"` // of SHA256SUMS
	}{out, len(about.Runs), len(folder.sums) - 1, digest}
	return c.show(said, render.Report{Title: "Evidence", Totals: fmt.Sprintf("Wrote evidence of %s into %s: %s. SHA256SUMS is %s: keep that elsewhere.",
		render.Count(said.Runs, "run"), out, render.Count(said.Files, "file"), digest)})
}

func (c *cli) writeEvidence(ctx context.Context, folder *evidenceFolder, about facts, chain store.Chain, page *evidenceView) error {
	if err := c.writeRecords(ctx, folder, about.Runs, chain); err != nil {
		return err
	}
	for i := range about.Runs {
		if err := c.writeRun(ctx, folder, &about.Runs[i], &page.Runs[i]); err != nil {
			return fmt.Errorf("run %d: %w", about.Runs[i].Number, err)
		}
	}
	err := folder.write(evidenceChanges, func(w io.Writer) error { return c.historyCSV(ctx, w, about.Runs, historyFilter{}) })
	for i := range about.Runs {
		about.Runs[i].Result = short(about.Runs[i].Result) // changes.csv has all of it
	}
	if err == nil {
		err = folder.write(evidenceFacts, func(w io.Writer) error { return render.JSON(w, about) })
	}
	if err != nil {
		return err
	}
	page.count()
	return folder.write(evidencePage, page.write)
}

// writeRun writes the plan and the outcomes of a run, as the store keeps them, and shows the page some of them.
func (c *cli) writeRun(ctx context.Context, folder *evidenceFolder, run *pastRun, view *runView) error {
	if run.kept != nil {
		name := run.folder() + runPlanRows
		if err := folder.write(name, lines(c.store.Details(ctx, *run.kept))); err != nil {
			return err
		}
		if err := folder.write(run.folder()+runPlan, func(w io.Writer) error { return diff.WritePlan(w, c.store.Details(ctx, *run.kept)) }); err != nil {
			return err
		}
		view.Plan = run.folder() + runPlan
	}
	if run.Details != nil {
		view.Outcomes = run.folder() + runOutcomes
		if err := folder.write(view.Outcomes, lines(c.store.Details(ctx, *run.Details))); err != nil {
			return err
		}
	}
	return c.eachChange(ctx, *run, view.add)
}

// folder is where the files of a run are.
func (run pastRun) folder() string { return fmt.Sprintf("runs/%d/", run.Number) }

// lines writes rows in a line each, which is what their digest is of.
func lines(rows store.Rows) func(io.Writer) error {
	return func(w io.Writer) error {
		for row, err := range rows {
			if err != nil {
				return err
			}
			if _, err := w.Write(append(slices.Clip(row), '\n')); err != nil {
				return err
			}
		}
		return nil
	}
}

// chainedRecord is a line of records.jsonl.
type chainedRecord struct {
	Number int             `json:"number"` // in the history, from 1
	Prev   string          `json:"prev"`
	Digest string          `json:"digest"` // see store.Digest
	Record json.RawMessage `json:"record"`
}

// writeRecords writes the records of runs, with all in between.
func (c *cli) writeRecords(ctx context.Context, folder *evidenceFolder, runs []pastRun, chain store.Chain) error {
	first, last := len(chain.Digests), -1
	for _, run := range runs {
		first, last = min(first, run.first), max(last, run.last)
	}
	return folder.write(evidenceRecords, func(w io.Writer) error {
		n := -1
		for r, err := range c.store.Records(ctx) {
			if n++; err != nil || n > last {
				return err
			}
			if n < first {
				continue
			}
			text, err := json.Marshal(r)
			if err != nil {
				return err
			}
			link := chainedRecord{n + 1, before(chain, n), chain.Digests[n], text}
			if store.Digest(link.Prev, text) != link.Digest {
				return fmt.Errorf("record %d is not as this version writes records; use the version that wrote it", n+1)
			}
			line, err := json.Marshal(link)
			if err != nil {
				return err
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}

// before is the digest that a record follows.
func before(chain store.Chain, n int) string {
	if n == 0 {
		return chain.Begin
	}
	return chain.Digests[n-1]
}
