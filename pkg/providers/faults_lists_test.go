package providers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The tests of this file are named after the rows of the fault matrix that they prove for every provider.

// meddler passes requests on and lets answer change what comes back.
type meddler struct {
	http.RoundTripper
	answer func(request string, body []byte) []byte
}

func (m meddler) RoundTrip(r *http.Request) (*http.Response, error) {
	// the vendor's operation, its target and its page: what is the same when a request is sent again
	request := strings.TrimSpace(r.Method + " " + r.URL.Path + "?" + r.URL.Query().Encode() + " " + r.Header.Get("x-acs-action"))
	response, err := m.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	body = m.answer(request, body)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response.Header.Set("Content-Length", fmt.Sprint(len(body)))
	return response, nil
}

// An answer that is malformed is an error, or taken for a list that is not whole: whatever of it is of the wrong type, is
// left out or cut off, and also where it names an error under a 200, nothing is revoked, deleted or made that the true answer
// would not have had, nor granted without the rule that refuses such plans. Setting again what is set is no harm.
func TestFault05MalformedAnswers(t *testing.T) {
	eachProvider(t, func(t *testing.T, p providertest.Provider) {
		seed, file := p.Read(t, "seed.yaml"), p.Fixture("desired.yaml")
		b, answers := providertest.Start(t, p, seed), map[string][]byte{}
		var mu sync.Mutex // lists are read side by side
		b.Via = meddler{b.Via, func(request string, body []byte) []byte {
			mu.Lock()
			defer mu.Unlock()
			if _, again := answers[request]; !again {
				answers[request] = body
			}
			return body
		}}
		want := map[string]bool{}
		for _, c := range providertest.Plan(t, b.FileJob(t, file)).Connections[0].Changes {
			want[essence(c)] = true
		}
		var harm []string
		long := os.Getenv("ENTITLECTL_TEST_LONG") != ""
		for i, request := range slices.Sorted(maps.Keys(answers)) {
			all := malformed(t, answers[request])
			for j, name := range slices.Sorted(maps.Keys(all)) {
				if !long && (i+j)%2 > 0 { // the other half, by turns
					continue
				}
				garbled := all[name]
				synctest.Test(t, func(t *testing.T) {
					b := providertest.Start(t, p, seed)
					b.Via = meddler{b.Via, func(r string, body []byte) []byte {
						if r == request {
							return garbled
						}
						return body
					}}
					got, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: []apply.Job{b.FileJob(t, file)}})
					for _, c := range got.Connections[0].Changes {
						refused := slices.Contains(got.Connections[0].Incomplete(), string(c.Kind)+"/"+c.Resource) && c.Op == diff.OpGrant
						if !want[essence(c)] && c.Problem == "" && c.Op != diff.OpUpdate && !refused {
							harm = append(harm, fmt.Sprintf("%s with %s plans to %s (error %v)", request, name, essence(c), err))
						}
					}
				})
			}
		}
		slices.Sort(harm)
		for _, line := range harm {
			t.Error(line)
		}
	})
}

func essence(c diff.Change) string {
	return fmt.Sprintf("%s %s/%s %s %s %s", c.Op, c.Kind, c.Resource, c.Role, c.Subject, c.Field)
}

// malformed returns an answer in all the ways in which it can be broken, by what is wrong with it.
func malformed(t *testing.T, answer []byte) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"nothing": {}, "a page of HTML": []byte("<html>hello</html>"), "text behind": append(bytes.Clone(answer), "{}"...),
		"an error": []byte(`{"error_code":"X","error_msg":"no","code":403000001,"msg":"no","Code":"X","Message":"no"}`)}
	for n := range 8 {
		all[fmt.Sprintf("%d of 8 parts", n)] = answer[:len(answer)*n/8]
	}
	var tree any
	if err := json.Unmarshal(answer, &tree); err != nil {
		t.Fatalf("the answer is no JSON: %s", answer)
	}
	write := func(name string) {
		data, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = data
	}
	breakAt("", tree, func(v any) { tree = v }, write)
	return all
}

// breakAt puts what is of the wrong type in the place of each value in turn, and leaves out each key; of a list the first
// item stands for all. set changes the place of the value, and write takes the whole down.
func breakAt(path string, value any, set func(any), write func(name string)) {
	for _, wrong := range []any{nil, 7, -1, "x", true, []any{}, []any{7}, map[string]any{}} {
		if fmt.Sprintf("%T", wrong) == fmt.Sprintf("%T", value) || number(wrong) && number(value) && wrong != -1 {
			continue // may be true
		}
		set(wrong)
		write(fmt.Sprintf("%T %v at %q", wrong, wrong, path))
		set(value)
	}
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			inner := v[key]
			delete(v, key)
			write("no " + path + "/" + key)
			breakAt(path+"/"+key, inner, func(x any) { v[key] = x }, write)
			v[key] = inner
		}
	case []any:
		if len(v) > 0 {
			breakAt(path+"/0", v[0], func(x any) { v[0] = x }, write)
		}
	}
}

func number(v any) bool {
	switch v.(type) {
	case int, float64:
		return true
	}
	return false
}

// At every moment between two calls no resource has fewer holders than it had before or is to have, so that min-members holds
// all the way where it holds at both ends; and nobody has less than before or after, so that who moves gains first. Calls on
// apps do both at once, and promise the former only.
func TestFault14Order(t *testing.T) {
	kinds := map[string][]spec.Kind{"huaweicloud": {"app-group", "app"}, "wps365": {"mail-group"}}
	eachProvider(t, func(t *testing.T, p providertest.Provider) {
		job := providertest.Start(t, p, p.Read(t, "seed.yaml")).FileJob(t, p.Fixture("desired.yaml"))
		source, err := p.Reader(job.Connection, providertest.SecretsOf(job.Connection), httpx.Env{})
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range kinds[p.Format.Provider] {
			t.Run(string(kind), func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) { inOrder(t, source, kind) })
			})
		}
	})
}

func inOrder(t *rapid.T, source provider.Source, kind spec.Kind) {
	resources, people := rapid.IntRange(1, 30).Draw(t, "resources"), rapid.IntRange(1, 300).Draw(t, "people")
	team := rapid.SampledFrom([]int{1, 10, 40}).Draw(t, "team") // who get and lose the same
	draw := rapid.Uint64().Draw(t, "world")
	held := func(side uint64, r, s int) bool { return mix(draw, side, uint64(r), uint64(s/team))%3 == 0 }
	desired, live := spec.NewState(), spec.NewState()
	for r := range resources {
		ref := spec.Ref{Connection: "c", Kind: kind, Name: fmt.Sprintf("r%d@corp.example", r)}
		desired.Resources[ref], live.Resources[ref] = spec.Resource{Ownership: spec.Owned}, spec.Resource{}
		for s := range people {
			g := spec.Grant{Resource: ref, Role: roleOn(kind), Subject: spec.Subject{Kind: spec.SubjectUser, Name: fmt.Sprintf("u%d@corp.example", s)}}
			if held(0, r, s) {
				desired.Grants.Add(g, spec.Origin{})
			}
			if held(1, r, s) {
				live.Grants.Add(g, spec.Origin{})
			}
		}
	}
	changes := diff.Compute(desired, diff.Live{State: live}, diff.Resending{})
	before, after := holders(live), holders(desired)
	now := maps.Clone(before)
	for n, call := range source.Pack(changes, diff.Allowance{}, false).Calls {
		for _, i := range call.Changes {
			step := map[diff.Op]int{diff.OpGrant: 1, diff.OpRevoke: -1}[changes[i].Op]
			now[changes[i].Resource] += step
			if kind != "app" {
				now[changes[i].Subject.Name] += step
			}
		}
		for who, have := range now {
			if have < min(before[who], after[who]) {
				t.Fatalf("after call %d %s has %d grants, had %d and is to have %d", n+1, who, have, before[who], after[who])
			}
		}
	}
}

func roleOn(kind spec.Kind) spec.Role {
	if kind == "mail-group" {
		return spec.RoleMember
	}
	return spec.RoleAccess
}

// holders counts grants by resource and by subject.
func holders(s spec.State) map[string]int {
	count := map[string]int{}
	for g := range s.Grants.All() {
		count[g.Resource.Name]++
		count[g.Subject.Name]++
	}
	return count
}

// mix is a number that looks random and depends on its arguments alone.
func mix(numbers ...uint64) uint64 {
	h := uint64(14695981039346656037)
	for _, n := range numbers {
		h = (h ^ n) * 1099511628211
		h ^= h >> 29
	}
	return h
}
