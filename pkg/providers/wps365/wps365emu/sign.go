package wps365emu

import (
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// signDates are the forms of X-Kso-Date that the vendor's own verifier reads.
var signDates = []string{
	time.RFC1123, time.RFC1123Z, "Monday, 02 Jan 2006 15:04:05 MST", "Monday, 02 Jan 2006 15:04:05 -0700",
}

func signTime(date string) (time.Time, bool) {
	for _, layout := range signDates {
		if t, err := time.Parse(layout, date); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// signature is the hex signature of a request. An empty body is signed as no text at all, not as the hash of nothing.
func signature(key, method, target, contentType, date string, body []byte) string {
	hash := ""
	if len(body) > 0 {
		hash = emu.Hash(body)
	}
	return emu.MAC(key, "KSO-1"+method+target+contentType+date+hash)
}
