// Package diff compares what should be with what is, and holds the plan that comes of it.
//
// In go states of package spec, out come plans, which are plain data: they can be saved, compared and carried out later.
// The package is pure: it has no clock, opens no file, asks no network and prints nothing. Words for people are in
// package render, and those that a plan itself holds, its notes, come from whoever makes it. Worded here is only why a
// change is blocked, or a list is not believed: a plan and its judgement before an apply must find the same text.
//
// A Comparison finds which desired grants are missing, which live ones are surplus, and which of the two may be one grant under
// two spellings of a name. A Taking is access that somebody loses by a change, and rules go by takings alone. A Fingerprint is
// what a plan relies on at a resource; Judge holds a plan against those and against what a plan of now would be. An Allowance
// is what calls may touch beside their changes. Confirmed is how an apply left a resource, which tells drift which side changed.
package diff
