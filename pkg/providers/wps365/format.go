// Package wps365 keeps mail groups of WPS 365 in agreement with the files.
package wps365

import (
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Format says what a connection of this provider may hold in the file. The vendor publishes no rates; five calls a second
// is what a single client can ask for without being noticed.
func Format() spec.Format {
	const perSecond = 5
	rate := spec.Rate{Calls: perSecond, Per: time.Second}
	return spec.Format{
		Provider: "wps365",
		Kinds:    []spec.Kind{spec.KindMailGroup},
		// With a refresh token, groups are created in the name of the user whose it is; without, by the app itself.
		Auth: []spec.AuthForm{{Keys: []string{"appId", "appKey"}, Optional: []string{"refreshToken"}}},
		// sign: false is for apps whose request signing is switched off at the vendor.
		Keys:         []string{"sign"},
		Booleans:     []string{"sign"},
		Experimental: []string{"members", "senders", "update", "delete"},
		Rate:         spec.Rates{Read: rate, Write: rate},
	}
}
