package wps365

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
)

// meaningOf is the status that an answer stands for by its code, whatever its own status: 0 where it is no error.
func meaningOf(body []byte) int {
	var f failure
	if json.Unmarshal(body, &f) != nil || f.Code == "" || f.Code == "0" {
		return 0
	}
	return statusOf(f.Code.String())
}

// statusOf is the status that the first three digits of a code say; with any other code nobody knows what was done.
func statusOf(code string) int {
	if status, err := strconv.Atoi((code + "000")[:3]); err == nil && status >= 400 && status <= 599 {
		return status
	}
	return http.StatusBadGateway
}

// verdict is what a code means for the request.
type verdict struct {
	fate      provider.Fate
	throttled bool // worth another try after a while
	alone     bool // throttled because of what the request names only
}

var (
	refused = verdict{fate: provider.NotDone} // the same request gets the same answer
	busy    = verdict{fate: provider.NotDone, throttled: true}
	locked  = verdict{fate: provider.NotDone, throttled: true, alone: true}
	unsure  = verdict{fate: provider.Unknown}
)

// Codes that calls branch on.
const (
	codeNoMailbox   = "400415002"
	codeUnsupported = "400415008"
	codeNoMailGroup = "400415009"
	codeTaken       = "400415060"
)

// meaning is a code's verdict and, since the vendor's words come in any language, ours.
type meaning struct {
	verdict
	words string
}

// meanings are the documented codes that the calls in use can meet (WPS 365 open platform, error codes). The verdicts
// are our reading of them.
var meanings = map[string]meaning{
	"400000001": {busy, "too much traffic"},
	"400000002": {refused, "a parameter has a bad format"},
	"400000003": {refused, "a parameter has a bad value"},
	"400000004": {refused, "a parameter is not supported"},
	"400000005": {locked, "locked by another request"},
	"400000006": {locked, "locked by another request"},
	"400000007": {refused, "the request is invalid"},
	"400000101": {refused, "a set is empty"},
	"400000102": {refused, "a set is not empty"},
	"400000103": {refused, "it does not exist"},
	"400000104": {refused, "it exists already"},
	"400000105": {refused, "too many at once"},
	"400000106": {refused, "too long"},
	"400000201": {refused, "the request is wrong"},
	"403000001": {refused, "not allowed: the app lacks the scope or the range of contacts, or the tenant wants the other kind of token (with auth: refreshToken a user's, without the app's)"},
	"415000001": {refused, "the content type is not supported"},
	"429000001": {busy, "too many requests"},
	"499000001": {unsure, "the request was cancelled"},
	"500000002": {busy, "the vendor's circuit breaker is open"},
	"500000003": {unsure, "the vendor's storage failed"},
	"500000004": {unsure, "the vendor failed"},

	"400415001":     {refused, "the tenant has no mail service"},
	codeNoMailbox:   {refused, "the mailbox does not exist"},
	"400415006":     {refused, "the domain is not the tenant's"},
	"400415007":     {refused, "the owner does not exist"},
	codeUnsupported: {refused, "the tenant does not support this call"},
	codeNoMailGroup: {refused, "the mail group does not exist"},
	codeTaken:       {refused, "the mail address is taken"},
	"400415061":     {refused, "the name is taken"},

	"400002113": {refused, "the department does not exist"},
	"400002125": {refused, "the user does not exist"},
	"400002126": {refused, "the user is disabled"},
	"400002128": {refused, "the user is deleted"},

	"40000001": {refused, "the token request is invalid"},
	"40000005": {refused, "a scope is invalid"},
	"40100002": {refused, "the app may not ask for this kind of token"},
	"40100008": {refused, "the app id or key is wrong"},
	"40100009": {refused, "the refresh token is spent or has ended: let the user consent again, and give the new one as auth: refreshToken"},
	"40100011": {refused, "the access token is not valid"},
	"40300003": {refused, "access denied"},
	"40300010": {refused, "the app lacks a scope"},
	"50000006": {unsure, "the vendor failed"},
	"50300007": {busy, "not available at the moment"},
}

// maxCauses bounds the causes in causes of an error that are looked at.
const maxCauses = 10

// explain reads an error body. A code may only say that something is wrong, and its cause what: of the whole chain the
// innermost known code decides.
func explain(e *httpx.Error, _ http.Header, body []byte) {
	cause := json.RawMessage(body)
	for range maxCauses {
		var f failure
		if len(cause) == 0 || json.Unmarshal(cause, &f) != nil {
			break
		}
		code := f.Code.String()
		if _, known := meanings[code]; known || e.Code == "" {
			e.Code, e.Message = code, f.text()
		}
		cause = f.More
	}
	m, known := meanings[e.Code]
	if e.Own = e.Code != ""; !known {
		return
	}
	e.Message = strings.TrimSuffix(m.words+": "+e.Message, ": ")
	switch {
	case m.throttled:
		e.Means, e.Fate, e.Alone = http.StatusTooManyRequests, m.fate, m.alone
	case m.fate == provider.Unknown:
		e.Means, e.Fate = max(e.Meaning(), statusOf(e.Code)), m.fate
	}
}
