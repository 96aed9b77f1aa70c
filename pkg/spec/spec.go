package spec

import "slices"

// Spec is a desired state as its files give it: checked, but not yet cut to a moment in time.
type Spec struct {
	Files       []string     // as named by the user or found in the folders named, in reading order
	Included    []Included   // the files that these name, in reading order
	Elsewhere   int          // how many people are listed there; 0: the files name none
	Digest      string       // "sha256:…" of names and contents of all of them
	Connections []Connection // sorted by name
	Rules       Rules
	Warnings    []*Error // what is odd and yet no error, each once, sorted by position

	Operator       *Operator // nil: there is none
	OperatorDigest string    // of the operator's file, which Digest does not cover; "" without one

	users     []*user                // in reading order
	teams     []*team                // in reading order
	resources []*resource            // in reading order
	tests     []Test                 // in reading order
	reviewers []reviewer             // in reading order
	sites     map[string]*connection // by name
	ruleAt    map[string]Position    // where rules are set; the line that counts where several files set one
}

// AllFiles are the files, and those that they name.
func (s *Spec) AllFiles() []string {
	return append(slices.Clone(s.Files), Each(s.Included, func(f Included) string { return f.Name })...)
}
