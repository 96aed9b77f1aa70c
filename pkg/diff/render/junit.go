package render

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// Suite is what was checked of one thing, as CI systems show how tests came out.
type Suite struct {
	Name  string
	At    time.Time // the moment that it is about; zero: none
	Cases []Case
}

// Case is one check.
type Case struct {
	Name    string
	File    string // where it stands; "": nowhere
	Line    int
	Failure string // what is wrong, in lines; "": it holds
	Unknown bool   // Failure says why nobody can tell
}

// junitSuites is the root of a JUnit file, in the form that Jenkins, GitLab and GitHub's actions read.
type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Suites []junitSuite `xml:"testsuite"`
}

type junitCounts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitCounts
	Timestamp string      `xml:"timestamp,attr,omitempty"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"` // the file, or the suite: some systems show nothing without it
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes suites as JUnit XML. Nothing in a name or text can become markup, and what nobody would see is written out.
func JUnit(w io.Writer, suites []Suite) error {
	root := junitSuites{Name: "entitlectl"}
	for _, s := range suites {
		made := junitSuite{Name: Visible(s.Name)}
		if !s.At.IsZero() {
			made.Timestamp = s.At.UTC().Format("2006-01-02T15:04:05")
		}
		for _, c := range s.Cases {
			made.add(c)
		}
		root.Suites = append(root.Suites, made)
		root.Tests, root.Failures, root.Errors = root.Tests+made.Tests, root.Failures+made.Failures, root.Errors+made.Errors
	}
	text, err := xml.MarshalIndent(root, "", "  ")
	if err == nil {
		_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	}
	return err
}

func (s *junitSuite) add(c Case) {
	made := junitCase{Name: Visible(c.Name), Class: s.Name, File: Visible(c.File), Line: c.Line}
	if c.File != "" {
		made.Class = made.File
	}
	s.Tests++
	if c.Failure != "" {
		lines := strings.Split(c.Failure, "\n")
		for i, line := range lines {
			lines[i] = Visible(line)
		}
		problem := &junitProblem{lines[0], strings.Join(lines, "\n")}
		if c.Unknown {
			s.Errors, made.Error = s.Errors+1, problem
		} else {
			s.Failures, made.Failure = s.Failures+1, problem
		}
	}
	s.Cases = append(s.Cases, made)
}

// DriftSuites are a suite for each connection, with a case for each resource that differs or could not be read.
func DriftSuites(d *diff.Drift) (suites []Suite) {
	for _, part := range d.Connections {
		s := Suite{Name: Heading(part.Name, part.Provider, nil)}
		for _, err := range part.Errors {
			s.Cases = append(s.Cases, Case{Name: "read", Failure: err.Error(), Unknown: true})
		}
		for _, resource := range part.Incomplete {
			s.Cases = append(s.Cases, Case{Name: resource, Failure: "could not be read whole", Unknown: true})
		}
		own, before := driftEntries(part, part.Differences)
		for _, g := range byResource(slices.Concat(own, before)) {
			s.Cases = append(s.Cases, differing(g))
		}
		if len(s.Cases) == 0 {
			s.Cases = []Case{{Name: "live state matches the files"}}
		}
		suites = append(suites, s)
	}
	return suites
}

func differing(g Group) Case {
	c := Case{Name: g.Title}
	var lines []string
	for _, row := range g.Rows {
		lines = append(lines, strings.Join(strings.Fields(strings.Join([]string{row.Mark.Text, row.Subject, row.Source, row.Why}, " ")), " "))
	}
	c.Failure = strings.Join(lines, "\n")
	return c
}
