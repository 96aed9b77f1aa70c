// Package compose writes desired-state files.
//
// In goes what connections hold, each as a spec.State with what is known of its people; out come the texts of files that say the
// same, laid out as a person would: sorted, names quoted only where YAML needs it, with comments where a reader would ask. What
// files can't say exactly is left out, said in a comment and returned.
//
// Which kinds there are and how each is written follows from the schemas of providers: no vendor is known here. The lower part
// (scalar.go, lines.go) writes any YAML that people read. The package reads and writes no file.
package compose
