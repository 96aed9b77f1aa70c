package main

import (
	"strings"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// formJUnit is the form that CI systems show as test results.
const formJUnit = "junit"

// suitesOf is a document as JUnit shows it.
func suitesOf(document any) []render.Suite {
	switch d := document.(type) {
	case tested:
		return []render.Suite{{Name: "access tests", At: d.AsOf, Cases: spec.Each(d.Tests, testCase)}}
	case verdict:
		return d.suites()
	case *diff.Drift:
		return render.DriftSuites(d)
	}
	return nil
}

func testCase(o access.Outcome) render.Case {
	return render.Case{Name: o.Test, File: o.Place.File, Line: o.Place.Line, Failure: strings.Join(o.Why, "\n")}
}

// suites are a case for each file that is valid, or for each error; and one for each access test, where they were run.
func (v verdict) suites() []render.Suite {
	files := render.Suite{Name: "files"}
	for _, name := range v.files {
		files.Cases = append(files.Cases, render.Case{Name: "valid", File: name})
	}
	if len(v.tests) == 0 { // else the errors are about those
		for _, e := range v.Errors {
			files.Cases = append(files.Cases, render.Case{Name: e.What, File: e.File, Line: e.Line, Failure: e.text})
		}
		return []render.Suite{files}
	}
	return []render.Suite{files, {Name: "access tests", Cases: spec.Each(v.tests, testCase)}}
}
