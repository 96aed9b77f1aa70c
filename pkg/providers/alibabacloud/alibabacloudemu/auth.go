package alibabacloudemu

import (
	"crypto/hmac"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

const (
	dateForm    = "2006-01-02T15:04:05Z"
	signWindow  = 15 * time.Minute // how far a date may be from the server's time
	nonceMemory = 15 * time.Minute // how long a nonce counts as used
	pruneAt     = 1024             // nonces kept before old ones are dropped
)

// claim is who a request says it is from, and the proof.
type claim struct {
	key, token, date, nonce string
	signature               string
	text                    string // what is signed
	sign                    func(secret, text string) string
	says                    string // what the reply to a wrong signature tells of text
}

// claim reads the signature of either version.
func (m *message) claim() (claim, error) {
	if isV3(m.Request) {
		return m.claimV3()
	}
	p := m.params
	c := claim{
		key: p.Get("AccessKeyId"), token: p.Get("SecurityToken"), date: p.Get("Timestamp"), nonce: p.Get("SignatureNonce"),
		signature: p.Get("Signature"), text: textV1(m.Method, p), sign: signV1,
	}
	c.says = c.text
	if c.key == "" || c.signature == "" || c.nonce == "" ||
		p.Get("SignatureMethod") != "HMAC-SHA1" || p.Get("SignatureVersion") != "1.0" {
		return c, errIncomplete
	}
	return c, nil
}

// claimV3 reads a V3 signature. Host and all x-acs-* headers of the request must be signed, and the hash must be that of the body.
func (m *message) claimV3() (claim, error) {
	fields := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(m.Header.Get("Authorization"), schemeV3+" "), ",") {
		k, v, _ := strings.Cut(part, "=")
		fields[k] = v
	}
	signed := strings.Split(strings.ToLower(fields["SignedHeaders"]), ";")
	slices.Sort(signed)
	signed = slices.Compact(signed)
	payload := emu.Hash(m.body)
	c := claim{
		key: fields["Credential"], token: m.Header.Get("X-Acs-Security-Token"),
		date: m.Header.Get("X-Acs-Date"), nonce: m.Header.Get("X-Acs-Signature-Nonce"),
		signature: fields["Signature"], text: textV3(canonicalV3(m.Request, m.query, signed, payload)), sign: emu.MAC,
	}
	required := []string{"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
	for header := range m.Header {
		if lower := strings.ToLower(header); strings.HasPrefix(lower, "x-acs-") {
			required = append(required, lower)
		}
	}
	for _, header := range required {
		if !slices.Contains(signed, header) {
			return c, errIncomplete
		}
	}
	switch {
	case c.key == "" || c.signature == "" || c.nonce == "":
		return c, errIncomplete
	case m.Header.Get("X-Acs-Content-Sha256") != payload:
		return c, mismatched("")
	}
	return c, nil
}

// authenticate checks the key, the date, the signature and the nonce, in this order.
func (w *world) authenticate(c claim) error {
	secret, err := w.secret(c.key, c.token)
	if err != nil {
		return err
	}
	when, err := time.Parse(dateForm, c.date)
	switch {
	case err != nil, when.Format(dateForm) != c.date: // Parse lets fractions pass
		return errDateForm
	case w.opts.gatewayTime(w.Now).Sub(when).Abs() > signWindow:
		return errDateLate
	case !hmac.Equal([]byte(c.signature), []byte(c.sign(secret, c.text))):
		return mismatched(c.says)
	case !w.nonces.take(c.key+" "+c.nonce, w.opts.gatewayTime(w.Now)):
		return errNonceUsed
	}
	return nil
}

// gatewayTime is the time that the dates of requests are compared with, when the emulator's clock shows now.
func (o *Options) gatewayTime(now time.Time) time.Time {
	if o.IgnoreAdvance {
		return time.Now().UTC()
	}
	return now
}

// isNamedBy reports whether an access key is that of this very directory: one of its seed, or any of the options with -DIRECTORY behind
// it, which has the same secret.
func (w *world) isNamedBy(key string) bool {
	own := func(c seedCredential) bool { return c.AccessKeyID == key }
	return strings.HasSuffix(key, "-"+w.ID) || slices.ContainsFunc(w.credentials, own) || slices.ContainsFunc(w.issued, own)
}

func (w *world) secret(key, token string) (string, error) {
	err := errNoKey
	key = strings.TrimSuffix(key, "-"+w.ID)
	all := slices.Clone(w.opts.Credentials)
	for _, c := range slices.Concat(w.credentials, w.issued) {
		all = append(all, Credential(c))
	}
	for _, c := range all {
		switch {
		case c.AccessKeyID != key && token != "" && c.SecurityToken == token && token != SecurityToken:
			err = errTokenOther
		case c.AccessKeyID != key:
		case c.SecurityToken != token:
			if token != "" {
				err = errToken
			}
		case !c.Expires.IsZero() && !w.opts.gatewayTime(w.Now).Before(c.Expires):
			return "", errTokenLate
		default:
			return c.AccessKeySecret, nil
		}
	}
	return "", err
}

// nonces tell when each nonce was used.
type nonces map[string]time.Time

// take reports whether a nonce is new, and remembers it.
func (n nonces) take(nonce string, now time.Time) bool {
	if used, ok := n[nonce]; ok && now.Sub(used) < nonceMemory {
		return false
	}
	if len(n) > 0 && len(n)%pruneAt == 0 {
		maps.DeleteFunc(n, func(_ string, used time.Time) bool { return now.Sub(used) >= nonceMemory })
	}
	n[nonce] = now
	return true
}

func isV3(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), schemeV3+" ")
}
