// Package diff compares what should be with what is, and holds the plan that comes of it.
//
// In go states of package spec, out come plans, which are plain data: they can be saved, compared and carried out later.
// The package is pure: it has no clock, opens no file, asks no network and prints nothing. Words for people are in
// package render, and those that a plan itself holds, its notes, come from whoever makes it.
package diff
