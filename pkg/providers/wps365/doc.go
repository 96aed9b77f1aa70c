// Package wps365 keeps mail groups of WPS 365 in agreement with the files.
//
// In go a connection and what is desired; out come what is live, calls that pack changes, and the fate of each call. All
// that is peculiar to this vendor stays here: two vocabularies for one mail group, errors that come with status 200, tokens
// that change with each use, and calls that no public page documents. Those are off unless the connection lists them under
// experimental; then what they would show is taken to be as desired, so that no plan holds what no call can do, and a note
// says so. Comments name the vendor's pages ("WPS 365 open platform, create mail group").
package wps365
