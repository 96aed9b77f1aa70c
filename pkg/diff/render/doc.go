// Package render shows plans, drifts and results to people.
//
// In goes data of package diff; out comes a Report, and from it text or Markdown; JSON is written from the data itself.
// All words, glyphs and plurals are here, and so is the escaping: whatever a file or a vendor put into a name can't move
// a cursor, hide itself or become markup. The package computes no exit code and knows no terminal; colour is an option.
package render
