// Package wps365 keeps mail groups of WPS 365 in agreement with the files.
//
// In go a connection and what is desired; out come what is live, calls that pack changes, and the fate of each call. All that is
// peculiar to this vendor stays here: two vocabularies for one mail group, errors that come with status 200, tokens that change
// with each use, and calls that no public page documents. Those are off unless the connection lists them under experimental; else
// what they would show can't be seen, and what they would change is blocked, and each says why. Comments name the vendor's pages
// ("WPS 365 open platform, create mail group").
package wps365
