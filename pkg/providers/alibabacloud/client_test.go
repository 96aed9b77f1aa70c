package alibabacloud_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud/alibabacloudemu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

const (
	conn                      = providertest.Name
	kindAccount     spec.Kind = "account"
	list                      = "/2022-04-19/ListAccounts"
	get                       = "/2022-04-19/GetAccount"
	records                   = "/2016-11-11/ListAccountRecordsForParent"
	promotion                 = "/2020-03-31/PromoteResourceAccount"
	resending                 = "/2020-03-31/ResendPromoteResourceAccountEmail"
	resourceAccount           = "ResourceAccount"
	cloudAccount              = "CloudAccount"
)

// directory is an emulated tenant whose clients keep what outlives them.
type directory struct {
	*providertest.Tenant
	vendor *alibabacloudemu.Vendor
	atMail map[string]string // what was kept when the last mail was asked for
}

func newDirectory(t testing.TB, opts alibabacloudemu.Options, seed string) *directory {
	t.Helper()
	opts.Unthrottled = opts.PerSecond == 0
	d := &directory{vendor: alibabacloudemu.New(opts)}
	d.Tenant = providertest.Start(t, providertest.Provider{Format: alibabacloud.Format(), Reader: alibabacloud.NewReader, Writer: alibabacloud.NewWriter,
		Emulator: func() emu.Vendor { return d.vendor }}, seed)
	d.KV, d.Connection.Notices, d.Via = providertest.NewKV(), spec.DefaultNotices, watched{d.Via, d}
	return d
}

// watched notes what was kept when a mail is asked for.
type watched struct {
	http.RoundTripper
	d *directory
}

func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && w.d.KV != nil {
		w.d.atMail = maps.Clone(w.d.KV.Values)
	}
	return w.RoundTripper.RoundTrip(r)
}

// counts says how often each call was made.
func (d *directory) counts() map[string]int {
	counts := map[string]int{}
	for _, call := range d.Calls() {
		counts[call.Path]++
	}
	return counts
}

func ref(name string) spec.Ref {
	return spec.Ref{Connection: conn, Kind: kindAccount, Name: name}
}

// desired is a state with accounts of a type, each with its address at corp.example.
func desired(accountType string, names ...string) spec.State {
	s := spec.NewState()
	for _, n := range names {
		s.Resources[ref(n)] = spec.Resource{Settings: spec.Settings{}.With("type", accountType), Fixed: spec.Settings{}.With("email", n+"@corp.example"), Ownership: spec.Owned}
	}
	return s
}

// large is a directory of n resource accounts.
func large(n int) string {
	var b strings.Builder
	b.WriteString("alibabacloud:\n  accounts:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {name: a%03d}\n", i)
	}
	return b.String()
}

const small = `alibabacloud:
  accounts:
    - {name: billing, email: billing@corp.example}
    - {name: audit, type: cloud, status: PromoteSuccess, email: Audit@corp.example}
    - {name: waiting, status: PromoteVerifying, email: waiting@corp.example, folder: fd-0123456789, owner: ignores}
    - {name: Other}
`

func TestRead(t *testing.T) {
	d := newDirectory(t, alibabacloudemu.Options{}, small)
	live, err := d.Open(t).Read(t.Context(), providertest.All(desired("cloud", "billing", "audit", "waiting")))
	if err != nil {
		t.Fatal(err)
	}
	want := map[spec.Ref]spec.Resource{
		ref("billing"): {Settings: spec.Settings{}.With("type", "resource")},
		ref("audit"):   {Settings: spec.Settings{}.With("type", "cloud"), Fixed: spec.Settings{}.With("email", "audit@corp.example")},
		ref("waiting"): {Settings: spec.Settings{}.With("type", "cloud")},
	}
	if d := cmp.Diff(want, live.Resources, cmpopts.EquateComparable(spec.Settings{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if live.Unmanaged != 1 || len(live.Notes) != 2 || len(live.Notices) != 1 || live.Notices[0].Tries != 1 {
		t.Errorf("%d unmanaged, notes %q, notices %+v", live.Unmanaged, live.Notes, live.Notices)
	}
}

func TestMissingAccountsAreAnError(t *testing.T) {
	d := newDirectory(t, alibabacloudemu.Options{}, small)
	_, err := d.Open(t).Read(t.Context(), providertest.All(desired("", "biling", "nowhere", "audit", "other")))
	for _, want := range []string{`no account "biling"; did you mean "billing"?`, `no account "nowhere"; accounts are made at the vendor`, `no account "other"; did you mean "Other"?`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

// A run reads no more pages than it must: the whole list where many are wanted, by name where few are, and one by one what
// it has seen before.
func TestReadsAreFew(t *testing.T) {
	all := func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("a%03d", i))
		}
		return names
	}
	for _, tc := range []struct {
		name      string
		live      int
		query     provider.Query
		want      map[string]int
		unmanaged int
	}{
		{"all of 250", 250, providertest.All(desired("", all(250)...)), map[string]int{list: 3}, 0},
		{"exactly one page", 100, providertest.All(desired("", all(100)...)), map[string]int{list: 1 + 1}, 0},
		{"one of 200", 200, providertest.All(desired("", "a007")), map[string]int{list: 1 + 1}, 199},
		{"one of 250, by name", 250, providertest.All(desired("", "a007")), map[string]int{list: 1 + 1}, 249},
		{"two of 500, by name", 500, providertest.Part(desired("", "a007", "a499")), map[string]int{list: 1 + 2}, 0},
		{"none", 10, providertest.All(spec.NewState()), map[string]int{}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDirectory(t, alibabacloudemu.Options{}, large(tc.live))
			w := d.Open(t)
			live, err := w.Read(t.Context(), tc.query)
			if err != nil || len(live.Resources) != len(tc.query.Desired.Resources) || live.Unmanaged != tc.unmanaged {
				t.Fatalf("%d accounts, %d unmanaged, error %v", len(live.Resources), live.Unmanaged, err)
			}
			if diff := cmp.Diff(tc.want, d.counts()); diff != "" {
				t.Errorf("reads (-want +got):\n%s", diff)
			}
			before := d.counts()[list]
			if len(tc.query.Desired.Resources) == 0 || len(tc.query.Desired.Resources) > 2 {
				return
			}
			if _, err := w.Read(t.Context(), provider.Query{Desired: tc.query.Desired, Partial: true, ReadBack: true}); err != nil || d.counts()[list] != before || d.counts()[get] != len(tc.query.Desired.Resources) {
				t.Errorf("the second read: %v, error %v", d.counts(), err)
			}
		})
	}
}

// What is gone or renamed since it was seen is looked for in the list.
func TestReadAgain(t *testing.T) {
	d := newDirectory(t, alibabacloudemu.Options{}, small)
	w := d.Open(t)
	if _, err := w.Read(t.Context(), providertest.All(desired("", "billing"))); err != nil {
		t.Fatal(err)
	}
	if err := d.LoadSeed([]byte(strings.Replace(small, "billing", "accounting", 1))); err != nil {
		t.Fatal(err)
	}
	_, err := w.Read(t.Context(), providertest.Part(desired("", "billing")))
	if err == nil || !strings.Contains(err.Error(), `no account "billing"`) {
		t.Errorf("error %v", err)
	}
}

// listed is a page with one row.
func listed(status, accountType, login string) string {
	return fmt.Sprintf(`{"TotalCount":1,"Accounts":{"Account":[{"AccountId":"1","DisplayName":"billing","AccountName":%q,"Status":%q,"Type":%q,"FolderId":"fd-0123456789","ModifyTime":"1999-12-01T00:00:00Z"}]}}`,
		login, status, accountType)
}

// An answer that is no whole list is an error, never an empty directory.
func TestFault05MalformedAnswers(t *testing.T) {
	for _, body := range []string{`{}`, `[]`, `null`, `{"TotalCount":1}`, `{"TotalCount":-1,"Accounts":{"Account":[]}}`, `{"TotalCount":"1"}`,
		`{"Accounts":{"Account":[]}}`, `{"TotalCount":0,"Accounts":{"Account":[]}}`, `{"TotalCount":1,"Accounts":[]}`, `{"TotalCount":1000000000,"Accounts":{"Account":[]}}`,
		`{"Code":"X","Message":"no"}`, strings.Replace(listed("CreateSuccess", resourceAccount, ""), `"1"`, `""`, 1), strings.Replace(listed("CreateSuccess", resourceAccount, ""), `:1,`, `:2,`, 1)} {
		t.Run(body, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDirectory(t, alibabacloudemu.Options{}, small)
				d.Fault(t, emu.Fault{Match: "GET " + list, Kind: emu.FaultRefuse, Status: 200, Body: body})
				if live, err := d.Open(t).Read(t.Context(), providertest.All(desired("", "billing"))); err == nil {
					t.Errorf("no error; live %+v", live)
				}
				if n := len(d.Calls()); n > 6 {
					t.Errorf("%d calls", n)
				}
			})
		})
	}
}

// Accounts are read whatever the vendor counts, and a count that is none of theirs is not believed.
func TestCountsOfAPageAreNotBelieved(t *testing.T) {
	for _, count := range []any{100, 50, 0, -1, "none", nil} {
		d := newDirectory(t, alibabacloudemu.Options{}, large(150))
		d.Rewrite(func(_ *http.Request, answer map[string]any) { answer["TotalCount"] = count })
		_, err := d.Open(t).Read(t.Context(), providertest.All(desired("", "a000", "a149")))
		if lacks := (*provider.NotWhole)(nil); !errors.As(err, &lacks) {
			t.Errorf("count %v: error %v", count, err)
		}
	}
}

// A list that changes while it is read is begun again; one that never holds still, or counts more than it ever shows, is an error.
func TestFault10ShiftingPages(t *testing.T) {
	names := slices.Collect(func(yield func(string) bool) {
		for i := 0; i < 250 && yield(fmt.Sprintf("a%03d", i)); i++ {
		}
	})
	for _, tc := range []struct {
		name       string
		nth, count int
		body, err  string
		calls      int
	}{
		{"changes once", 2, 1, `{"TotalCount":251}`, "", 2 + 3},
		{"changes every time", 2, 1000, `{"TotalCount":251}`, "is not whole", 2 + 3 - 1},
		{"shows one page again and again", 1, 1000, strings.Replace(listed("CreateSuccess", resourceAccount, ""), ":1,", ":250,", 1), "is not whole: it has 250 rows", 3 * 2},
		{"never ends", 1, 1000, strings.Replace(listed("CreateSuccess", resourceAccount, ""), ":1,", ":1000000000,", 1), "is not whole: it has 1000000000 rows", 1 + 3*2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDirectory(t, alibabacloudemu.Options{}, large(250))
			d.Parallelism = 1 // for the calls to be counted
			d.Fault(t, emu.Fault{Match: "GET " + list, Kind: emu.FaultRefuse, Nth: tc.nth, Count: tc.count, Status: 200, Body: tc.body})
			live, err := d.Open(t).Read(t.Context(), providertest.All(desired("", names...)))
			if tc.err == "" && (err != nil || len(live.Resources) != 250) || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
				t.Errorf("%d accounts, error %v", len(live.Resources), err)
			}
			if n := d.counts()[list]; n != tc.calls {
				t.Errorf("%d calls, want %d", n, tc.calls)
			}
		})
	}
}

func TestTwoAccountsOfOneName(t *testing.T) {
	row := func(id, status string) string {
		return fmt.Sprintf(`{"AccountId":%q,"DisplayName":"billing","Status":%q,"Type":"ResourceAccount"}`, id, status)
	}
	for name, tc := range map[string]struct{ first, second, want string }{
		"both are members":   {"CreateSuccess", "PromoteExpired", "have this name, 1 and 2"},
		"the second is none": {"CreateSuccess", "Removed", ""},
		"the first is none":  {"CreateFailed", "CreateSuccess", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDirectory(t, alibabacloudemu.Options{}, small)
			d.Fault(t, emu.Fault{Match: "GET " + list, Kind: emu.FaultRefuse, Status: 200,
				Body: `{"TotalCount":2,"Accounts":{"Account":[` + row("1", tc.first) + "," + row("2", tc.second) + `]}}`})
			live, err := d.Open(t).Read(t.Context(), providertest.All(desired("", "billing")))
			alike := live.Unsupported[ref("billing")]
			if err != nil || tc.want == "" && (alike != "" || live.Resources[ref("billing")].Settings.Get("type") != "resource") || !strings.Contains(alike, tc.want) {
				t.Errorf("live %+v, impossible %q, error %v", live.Resources, alike, err)
			}
		})
	}
}
