package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// examination collects what doctor finds of one connection.
type examination struct {
	checkedUp
	conn spec.Connection

	mu     sync.Mutex
	hosts  []string              // that answered, in order
	heads  map[string]headOfHost // by host
	broken bool                  // a check failed that the rest stands on
}

// headOfHost is what the first answer of a host said beside its body.
type headOfHost struct {
	date time.Time // zero: it did not say
	at   time.Time
	tls  *tls.ConnectionState
}

func (e *examination) add(k checkRow) {
	e.broken = e.broken || k.State == stateMissing && k.Area == areaCredentials
	e.Checks = append(e.Checks, k)
}

// answered notes the head of an answer.
func (e *examination) answered(asked *http.Request, r *http.Response) {
	e.mu.Lock()
	defer e.mu.Unlock()
	host := asked.URL.Scheme + "://" + asked.URL.Host
	if _, known := e.heads[host]; known {
		return
	}
	if e.heads == nil {
		e.heads = map[string]headOfHost{}
	}
	date, _ := http.ParseTime(r.Header.Get("Date"))
	e.heads[host], e.hosts = headOfHost{date, time.Now(), r.TLS}, append(e.hosts, host)
}

// credentials looks for each reference by itself, and returns the secrets that are there.
func (e *examination) credentials(from spec.Lookup) map[string]spec.Secret {
	all := map[string]spec.Secret{}
	for _, key := range slices.Sorted(maps.Keys(e.conn.Auth)) {
		ref := e.conn.Auth[key]
		k := checkRow{Area: areaCredentials, What: key, State: stateOK, Detail: ref.String()}
		secrets, err := spec.Connection{Auth: map[string]spec.Reference{key: ref}}.Secrets(from)
		all[key] = secrets[key]
		if err != nil {
			k.State = stateMissing
			k.Fix = strings.TrimSpace(strings.Join(strings.Fields(errorText(err)), " "))
		}
		e.add(k)
	}
	return all
}

// errorText is an error that a list of one holds, without its place.
func errorText(err error) string {
	if at := (*spec.Error)(nil); errors.As(err, &at) {
		_, what, _ := strings.Cut(at.What, ": ") // it begins with the key
		return what + "; " + at.Hint
	}
	return err.Error()
}

// probe asks one thing after the other.
func (e *examination) probe(ctx context.Context, probes []provider.Probe) {
	for _, p := range probes {
		k := checkRow{Area: areaReading, What: p.What, Permission: p.Permission}
		switch {
		case p.Ask == nil:
			k.Area, k.State, k.Detail = areaWriting, stateUntold, "no call of the vendor's tells without writing"
		case e.broken || ctx.Err() != nil:
			k.State, k.Detail = stateSkipped, "not asked, since another check failed"
		default:
			e.ask(ctx, p, &k)
		}
		e.add(k)
	}
}

func (e *examination) ask(ctx context.Context, p provider.Probe, k *checkRow) {
	found, err := p.Ask(ctx)
	if found.Tenant != "" && err == nil {
		e.Tenant = found.Tenant
	}
	f := provider.FailureOf(err)
	switch k.State, k.Detail = stateOK, found.Detail; {
	case err == nil:
		return
	case errors.Is(err, provider.ErrNothingToAsk):
		k.State, k.Detail = stateSkipped, err.Error()
		return
	case p.Without != "" && provider.Denied(err):
		k.State, k.Fix = stateWarning, "give the key "+p.Permission+", or do without: "+p.Without
	default:
		k.State = stateMissing
		k.Fix = e.fix(p, f, err)
	}
	k.Detail = headline(err)
	if said, own, both := strings.Cut(k.Detail, "; see that "); both {
		k.Detail, k.Fix = said, "see that "+own
	}
	e.broken = e.broken || f.Unauthorized || f.Status == 0
}

// fix says what to do about a probe that failed.
func (e *examination) fix(p provider.Probe, f provider.Failure, err error) string {
	switch {
	case f.Unauthorized:
		return "the vendor does not take these credentials; see that they are those of this tenant, whole, and not ended or locked"
	case provider.Denied(err) && p.Permission != "":
		return "give the key " + p.Permission + "; where it has that, see that the connection names the tenant that the key is of"
	case provider.Denied(err):
		return "give the key the permission that its refusal names, or the vendor's read-only system policy; see that the connection names the tenant that the key is of"
	case f.Status == 0:
		return "see that this machine reaches the endpoint: its name, a proxy (HTTPS_PROXY), a firewall, and its certificate"
	}
	return "see what the vendor says; run again where it may pass"
}

func headline(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// Clocks: the vendors refuse what is more than 15 minutes off; clients correct that, as far as answers tell the vendor's time.
const (
	clockOff    = time.Minute
	clockWindow = 15 * time.Minute
	soonEnds    = 14 * 24 * time.Hour // of a certificate
)

// endpoints says of each host that answered how it was reached, and how far its clock is off ours.
func (e *examination) endpoints() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, host := range e.hosts {
		head := e.heads[host]
		e.add(e.certificate(host, head))
		e.add(clockOf(host, head))
	}
}

func (e *examination) certificate(host string, head headOfHost) checkRow {
	k := checkRow{Area: areaEndpoint, What: host, State: stateOK, Detail: "answers"}
	if strings.HasPrefix(host, "http:") {
		k.Detail += "; plain http"
	}
	if head.tls == nil {
		return k
	}
	k.Detail += "; " + tls.VersionName(head.tls.Version)
	if len(head.tls.PeerCertificates) > 0 {
		ends := head.tls.PeerCertificates[0].NotAfter
		k.Detail += ", certificate until " + ends.UTC().Format(time.DateOnly)
		if ends.Sub(head.at) < soonEnds {
			k.State, k.Fix = stateWarning, "its certificate ends soon; tell whoever runs it"
		}
	}
	return k
}

func clockOf(host string, head headOfHost) checkRow {
	k := checkRow{Area: areaEndpoint, What: "clock of " + host, State: stateOK}
	if head.date.IsZero() {
		k.State, k.Detail = stateUntold, "its answers have no Date"
		return k
	}
	off := head.date.Sub(head.at.Truncate(time.Second))
	k.Detail = "agrees with ours to the minute"
	if off.Abs() <= clockOff {
		return k
	}
	k.Detail = fmt.Sprintf("%v ahead of ours", off.Round(time.Minute))
	if off < 0 {
		k.Detail = fmt.Sprintf("%v behind ours", -off.Round(time.Minute))
	}
	k.State, k.Fix = stateWarning, "set this machine's clock (NTP); vendors refuse signatures that are 15 minutes off"
	if off.Abs() > clockWindow {
		k.Fix += ", and each run begins with a refusal that tells the time"
	}
	return k
}

// rates says how fast calls are made, and what the default is.
func (e *examination) rates() {
	p, _ := providers.Find(e.conn.Provider)
	for _, r := range []struct {
		what       string
		set, usual spec.Rate
	}{{"reads", e.conn.Rate.Read, p.Format.Rate.Read}, {"writes", e.conn.Rate.Write, p.Format.Rate.Write}} {
		detail := rateText(r.set) + ", the default"
		if r.set != r.usual {
			detail = rateText(r.set) + ", as set; the default is " + rateText(r.usual)
		}
		e.add(checkRow{Area: areaRates, What: r.what, State: stateOK, Detail: detail})
	}
}

func rateText(r spec.Rate) string {
	if r.Calls == 0 {
		return "no limit"
	}
	units := map[time.Duration]string{time.Second: "second", time.Minute: "minute", time.Hour: "hour"}
	return fmt.Sprintf("%d a %s", r.Calls, cmp.Or(units[r.Per], r.Per.String()))
}

// sort brings the areas into their order.
func (e *examination) sort() {
	order := []string{areaCredentials, areaEndpoint, areaReading, areaWriting, areaRates}
	slices.SortStableFunc(e.Checks, func(a, b checkRow) int { return slices.Index(order, a.Area) - slices.Index(order, b.Area) })
}
