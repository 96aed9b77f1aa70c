package wps365

import (
	"net/http"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// credentials prove which app we are.
type credentials struct {
	appID  spec.Secret
	appKey spec.Secret
}

// sign adds the two headers of KSO-1 (WPS 365 open platform, request signing). The date is that of this very request; an
// empty body is signed as no text at all, and so is the path prefix of a private deployment.
func (c credentials) sign(r *http.Request, body []byte, prefix string, at time.Time) {
	date := at.UTC().Format(http.TimeFormat)
	hash := ""
	if len(body) > 0 {
		hash = httpx.Digest(body)
	}
	text := "KSO-1" + r.Method + strings.TrimPrefix(r.URL.RequestURI(), prefix) + r.Header.Get("Content-Type") + date + hash
	r.Header.Set("X-Kso-Date", date)
	r.Header.Set("X-Kso-Authorization", "KSO-1 "+c.appID.Reveal()+":"+httpx.MAC(c.appKey, text))
}
