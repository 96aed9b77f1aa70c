// Package examples holds desired states to learn from. Those under demo are what `entitlectl demo` shows.
package examples

import "embed"

// Demo holds the files of the demo: the desired state, the world to begin with, and what somebody else changes in it.
//
//go:embed demo/*.yaml
var Demo embed.FS
