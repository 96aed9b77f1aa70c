package alibabacloudemu

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

const (
	formType = "application/x-www-form-urlencoded"
	maxBody  = 1 << 20 // bytes of a body that the gateway reads
)

// Vendor is the emulated vendor.
type Vendor struct {
	emu.Tenant[seed, *world]
	opts     Options
	requests atomic.Uint64
}

// New makes a vendor with an empty world.
func New(opts Options) *Vendor {
	v := &Vendor{opts: opts.withDefaults()}
	v.Empty = func() *world { return newWorld(&v.opts) }
	return v
}

// Name is the vendor's key in a seed.
func (v *Vendor) Name() string { return "alibabacloud" }

// Mails returns the mails sent so far, in the order they were sent.
func (v *Vendor) Mails() []Mail {
	w := v.Begin(context.Background())
	defer v.End()
	return slices.Clone(w.mails)
}

// Claim takes the paths of the metadata service, and the path "/", which it names after version and action; a request that
// says them only in its body stays "/".
func (v *Vendor) Claim(r *http.Request) (string, bool) {
	if isMetadata(r) {
		return r.URL.Path, true
	}
	if n := operation(r, r.URL.Query()); r.URL.Path == "/" && routes[n] != nil {
		return "/" + n.version + "/" + n.action, true
	}
	return "/", r.URL.Path == "/"
}

// ServeHTTP answers a request.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isMetadata(r) {
		v.serveMetadata(w, r)
		return
	}
	out, err := v.answer(r)
	v.write(w, r, out, err)
}

// Throttled answers 400 Throttling.User with the limit of the action.
func (v *Vendor) Throttled(w http.ResponseWriter, r *http.Request) {
	limit := v.opts.perSecond(routes[operation(r, r.URL.Query())])
	v.write(w, r, nil, throttled(rateLimit(limit, time.Second)))
}

// Stamp adds nothing: answers are numbered in their bodies.
func (v *Vendor) Stamp(http.Header) {}

func (v *Vendor) write(w http.ResponseWriter, r *http.Request, out reply, err error) {
	w.Header().Set("Date", v.opts.gatewayTime(v.Now()).Format(http.TimeFormat))
	status := http.StatusOK
	var p *problem
	if errors.As(err, &p) {
		status = p.status
		out = reply{"HostId": r.Host, "Code": p.code, "Message": p.msg, "Recommend": ""}
		if p.rateLimit != "" {
			w.Header().Set("X-Ratelimit-User-Api", p.rateLimit)
		}
	}
	if out == nil {
		out = reply{}
	}
	out["RequestId"] = fmt.Sprintf("9B34724D-54B0-4A51-B34D-%012X", v.requests.Add(1))
	writeJSON(w, status, out)
}

func writeJSON(w http.ResponseWriter, status int, out reply) {
	emu.WriteJSON(w, "application/json;charset=utf-8", status, out)
}

// message is a request that can be read.
type message struct {
	*http.Request
	body   []byte
	query  url.Values
	params url.Values // of query and form together
}

func receive(r *http.Request) (*message, error) {
	body, err := emu.ReadBody(r, maxBody)
	query, queryErr := url.ParseQuery(r.URL.RawQuery)
	params, formErr := maps.Clone(query), error(nil)
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); media == formType {
		var form url.Values
		form, formErr = url.ParseQuery(string(body))
		for k, v := range form {
			params[k] = append(slices.Clone(params[k]), v...)
		}
	}
	if err != nil || queryErr != nil || formErr != nil {
		return nil, errIncomplete
	}
	return &message{r, body, query, params}, nil
}

// answer lets a request through the gateway and does it.
func (v *Vendor) answer(r *http.Request) (reply, error) {
	m, err := receive(r)
	if err != nil {
		return nil, err
	}
	from, badClaim := m.claim()
	proven := operation(r, m.params).action == "AssumeRoleWithOIDC" // by the token in it
	w := v.BeginIn(r.Context(), func(w *world) bool { return badClaim == nil && w.isNamedBy(from.key) })
	defer v.End()
	if !proven {
		if err := cmp.Or(badClaim, w.authenticate(from)); err != nil {
			return nil, err
		}
	}
	c := &call{newForm(m.params), operation(r, m.params)}
	route, err := w.admit(r, c.name)
	if err != nil {
		return nil, err
	}
	return route.do(w, c)
}

// admit returns the action that a request asks a host for. It refuses more calls than the rate allows.
func (w *world) admit(r *http.Request, n name) (*route, error) {
	host, _, _ := strings.Cut(r.Host, ":")
	serves, public := hosts[host]
	if strings.HasPrefix(host, "sts.") && strings.HasSuffix(host, ".aliyuncs.com") {
		serves, public = []string{v2015}, true
	}
	if !public && !strings.HasSuffix(host, ".aliyuncs.com") {
		serves = []string{v2015, v2016, v2020, v2022}
	}
	a := routes[n]
	switch {
	case len(serves) == 0:
		return nil, errNoProduct
	case !slices.Contains(serves, n.version):
		return nil, errNoVersion
	case a == nil, r.Method != http.MethodPost && r.Method != http.MethodGet,
		a.mails && w.opts.NoMailActions, a.action == "ListAccountRecordsForParent" && w.opts.NoRecordList:
		return nil, errNoAction
	}
	limit := w.opts.perSecond(a)
	if left := w.windows.take(n, limit, w.Now); left > 0 && !w.opts.Unthrottled {
		return nil, throttled(rateLimit(limit, left))
	}
	return a, nil
}
