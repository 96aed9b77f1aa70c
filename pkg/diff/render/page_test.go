package render

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func asHTML(t rapid.TB, r Report, document any) string {
	t.Helper()
	var out bytes.Buffer
	if err := HTML(&out, r, document); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// block is the text of an element of a page.
func blockOf(t rapid.TB, page, begin, end string) string {
	t.Helper()
	_, rest, begins := strings.Cut(page, begin)
	text, _, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("there is no %s", begin)
	}
	return text
}

func dataOf(t rapid.TB, page string) pageData {
	t.Helper()
	var raw struct {
		pageData
		Rows [][]int `json:"rows"`
	}
	if err := json.Unmarshal([]byte(blockOf(t, page, `<script type="application/json" id="data">`, "</script>")), &raw); err != nil {
		t.Fatal(err)
	}
	for _, r := range raw.Rows {
		r = append(r, make([]int, 7-len(r))...)
		raw.pageData.Rows = append(raw.pageData.Rows, pageRow{r[0], r[1], r[2], r[3] == 1, r[4], r[5], r[6]})
	}
	return raw.pageData
}

var small = company{people: 300, groups: 60, apps: 10}

// A page may run its own script and style and nothing else, and names no place that something could be loaded from.
func TestPageAsksNobody(t *testing.T) {
	plan := small.plan(60)
	page := asHTML(t, Plan(plan, Layout{}), plan)
	allowed := html.UnescapeString(blockOf(t, page, `<meta http-equiv="Content-Security-Policy" content="`, `"`))
	style, script := blockOf(t, page, "<style>", "</style>"), blockOf(t, page, "<script>", "</script>")
	compare(t, policy(style, script), allowed)
	if !strings.HasPrefix(allowed, "default-src 'none'; ") || strings.Contains(allowed, "unsafe") {
		t.Error(allowed)
	}
	own := strings.ReplaceAll(page, blockOf(t, page, `<script type="application/json" id="data">`, "</script>"), "")
	for _, reach := range []string{"http:", "https:", "//www", " src=", "@import", "url(", "innerHTML", "insertAdjacent", "document.write", "eval(", "fetch(", "XMLHttp"} {
		if strings.Contains(own, reach) {
			t.Errorf("a page has %s", reach)
		}
	}
	for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(own, -1) {
		if link[1] != "data:," && !strings.HasPrefix(link[1], "#") {
			t.Errorf("a page leads to %s", link[1])
		}
	}
	if page != asHTML(t, Plan(plan, Layout{}), plan) {
		t.Error("the same plan gives other bytes")
	}
}

// The page holds the plan as it is saved.
func TestPageHoldsTheDocument(t *testing.T) {
	plan := small.plan(60)
	var want bytes.Buffer
	if err := plan.Write(&want); err != nil {
		t.Fatal(err)
	}
	document := dataOf(t, asHTML(t, Plan(plan, Layout{}), plan)).Document
	zip, err := gzip.NewReader(bytes.NewReader(document.Gzip))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(zip)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%v: the plan in the page is another", err)
	}
	compare(t, "plan.json", document.Name)
	if read, err := diff.Decode(got); err != nil || read.ID != plan.ID {
		t.Error(read, err)
	}
}

// told are the rows of a page in words.
func told(d pageData, before bool) (lines []string) {
	for _, r := range d.Rows {
		if r.before != before {
			continue
		}
		act, resource, who := d.Acts[r.act], d.Resources[r.resource], d.People[r.who]
		lines = append(lines, strings.Join([]string{act.Tone, act.Word, resource.Connection, resource.Kind + "/" + resource.Name, who.Sort + ":" + who.Name, d.Texts[r.what], d.Texts[r.source], d.Texts[r.why]}, "|"))
	}
	return lines
}

func TestPageTellsEachChange(t *testing.T) {
	plan := everyOp()
	bob := user("bob.lee")
	plan.Connections[1].Changes = append(plan.Connections[1].Changes,
		diff.Change{Op: diff.OpRevoke, Kind: kindAppGroup, Resource: "CAD", Role: spec.RoleAccess, Subject: bob, Person: "bob", Was: "a.yaml:7", Reason: "not in the files",
			Via: spec.ViaOf([]spec.Step{{Team: "cad", Source: "a.yaml:3"}}), Because: diff.BecauseFiles},
		diff.Change{Op: diff.OpUpdate, Kind: kindApp, Resource: "Max", Field: "audience", From: "everyone", To: "assigned", Takes: spec.RoleAccess, Source: "a.yaml:44", Because: diff.BecauseLive})
	d := dataOf(t, asHTML(t, Plan(plan, Layout{}), plan))
	want := `change|create|workspace|app-group/设计|:||a.yaml:9|
change|update|workspace|app/AutoCAD|:|audience: everyone -> assigned|a.yaml:40|
change|update|workspace|mail-group/cad@corp.example|:|owner: (none) -> alice@corp.example|a.yaml:50|
gain|grant|workspace|app-group/CAD|:张伟@local.com||a.yaml:12|contract 4711
stuck|grant, blocked|workspace|app-group/CAD|:nobody@local.com||a.yaml:12|blocked: the vendor knows no such user
gain|grant|workspace|app-group/设计|:alice@local.com||a.yaml:100|
gain|grant|workspace|mail-group/cad@corp.example|:mailbox:desk@corp.example|sender|a.yaml:51|
mail|resend|workspace|account/billing|:|||the mail failed
loss|revoke|workspace|app-group/CAD|stranger:bob@local.com|||not in the files
loss|delete|workspace|mail-group/old@corp.example|:||a.yaml:60|state: absent
loss|revoke|workspace|app-group/CAD|:bob|as bob.lee@local.com|was a.yaml:7|not in the files; via cad (a.yaml:3)
`
	compare(t, want, strings.Join(told(d, false), "\n")+"\n")
	compare(t, "loss|update, takes access|workspace|app/Max|:|audience: everyone -> assigned|a.yaml:44|takes access from everybody who is not granted it", strings.Join(told(d, true), "\n"))
}

func TestPageTellsWhoHasWhat(t *testing.T) {
	row := access.Row{Connection: "w", Kind: kindAppGroup, Resource: "CAD", Ownership: spec.AddOnly, Role: spec.RoleAccess, Person: "bob", Subject: user("bob.lee"), In: access.InFiles,
		Chains: []access.Chain{{Source: "a.yaml:7", Reason: "ticket 1"}}}
	group, zoe := row, access.Row{Connection: "w", Kind: kindAppGroup, Resource: "CAD", Ownership: access.Unmanaged, Role: roleSender, Subject: user("zoe"), In: access.InLive}
	group.Group, group.In, group.Chains = spec.Subject{Kind: spec.SubjectUserGroup, Name: "Designers"}, access.InBoth, nil
	a := &access.Answer{From: access.FromBoth, Rows: []access.Row{row, group, zoe}, Connections: []access.Connection{{Name: "w"}}}
	want := `gain|not live|w|app-group/CAD|:bob|as bob.lee@local.com|a.yaml:7|not live; ticket 1
held|has it|w|app-group/CAD|:bob|as bob.lee@local.com through group:Designers||
loss|not in the files|w|app-group/CAD|stranger:zoe@local.com|sender||not in the files`
	compare(t, want, strings.Join(told(dataOf(t, asHTML(t, Access(a), a)), false), "\n"))
}

// hostileNames are what breaks pages: markup, ends of scripts, line ends of JSON, marks that hide or turn text.
func hostileNames() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{"</script>", "<!--", "]]>", "<script>alert(1)</script>", "\u2028", "\u2029", "\u202e", "\u200b", `"`, `'`, "`", "${1}", "{{.}}", `\`, `\u003c`,
			"<img src=x onerror=alert(1)>", "&lt;", "\x00", "\xff", "</style>", "</title>", "javascript:", "张伟"}), rapid.String()), 1, 4).Draw(t, "parts")
		return "x" + strings.Join(parts, "")
	})
}

// Whatever things are named like, a page has the elements of a plain one, and its data has the names as they can be seen.
func TestPageWithHostileNames(t *testing.T) {
	shape := elements(t, asHTML(t, Plan(named("x"), Layout{}), named("x")))
	rapid.Check(t, func(t *rapid.T) {
		name := hostileNames().Draw(t, "name")
		plan := named(name)
		page := asHTML(t, Plan(plan, Layout{}), plan)
		if got := elements(t, page); got != shape {
			t.Fatalf("%q makes other elements: %s", name, cmp.Diff(strings.Split(shape, ";"), strings.Split(got, ";")))
		}
		d := dataOf(t, page)
		if got := d.Resources[0].Name; got != Visible(name) {
			t.Fatalf("%q is shown as %q", name, got)
		}
		raw := blockOf(t, page, `<script type="application/json" id="data">`, "</script>")
		if strings.ContainsAny(raw, "<>&\u2028\u2029") {
			t.Fatalf("%q stands in the data as it is", name)
		}
	})
}

// named is a plan in which everything has one name.
func named(name string) *diff.Plan {
	c := diff.Change{Op: diff.OpRevoke, Kind: spec.Kind(name), Resource: name, Role: spec.RoleAccess, Subject: spec.Subject{Kind: spec.SubjectUser, Name: name, Domain: name}, Source: name, Reason: name}
	update := diff.Change{Op: diff.OpUpdate, Kind: kindApp, Resource: name, Field: name, From: name, To: name, Settings: spec.Settings{}.With(name, name), Problem: name}
	return &diff.Plan{ID: name, Spec: name, Files: []string{name}, Base: &diff.Base{Ref: name, Commit: name, Problem: name}, Connections: []diff.ConnectionPlan{{Name: name, Provider: name, Account: name, Endpoints: []string{name}, Notes: []string{name},
		Changes: []diff.Change{c, update}, Violations: []diff.Violation{{Rule: name, On: name}}}}}
}

// elements are the names of the elements and attributes of a page, in order.
func elements(t rapid.TB, page string) string {
	t.Helper()
	var all strings.Builder
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Fatal(z.Err())
			}
			return all.String()
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			all.WriteString(token.Data)
			for _, a := range token.Attr {
				all.WriteString(" " + a.Key)
			}
			all.WriteString(";")
		}
	}
}

// Text can be read on what it stands on, in the light and in the dark: WCAG asks for a contrast of 4.5.
func TestPageColoursCanBeRead(t *testing.T) {
	css, _, err := ownCode()
	if err != nil {
		t.Fatal(err)
	}
	light, rest, _ := strings.Cut(css, "@media screen and (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "\n}\n")
	for theme, text := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]float64{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6})`).FindAllStringSubmatch(text, -1) {
			colours[m[1]] = luminance(t, m[2])
		}
		pairs := [][2]string{{"text", "bg"}, {"text", "card"}, {"text", "soft"}, {"text", "raised"}, {"muted", "bg"}, {"muted", "card"}, {"muted", "soft"}, {"accent", "card"}}
		for _, tone := range toneNames {
			pairs = append(pairs, [2]string{tone, tone + "-bg"}, [2]string{tone, "card"})
		}
		for _, pair := range pairs {
			a, b := colours[pair[0]], colours[pair[1]]
			if ratio := (math.Max(a, b) + .05) / (math.Min(a, b) + .05); ratio < 4.5 || a == b {
				t.Errorf("%s: %s on %s has a contrast of %.2f", theme, pair[0], pair[1], ratio)
			}
		}
	}
}

// luminance is how bright a colour is, from 0 to 1, as WCAG counts it.
func luminance(t *testing.T, hex string) (l float64) {
	t.Helper()
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= .03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}

// A page is light enough to be sent around, for what one looks at in a company of thousands.
func TestPageWeight(t *testing.T) {
	plan := large.plan(1500)
	if n := len(asHTML(t, Plan(plan, Layout{}), plan)); n > 400<<10 {
		t.Errorf("a plan of 1,500 changes has a page of %d bytes", n)
	}
	css, script, err := ownCode()
	if n := len(css) + len(script); err != nil || n > 64<<10 {
		t.Errorf("%v: the script and the style have %d bytes", err, n)
	}
}

var large = company{people: 3000, groups: 300, apps: 50}

func BenchmarkPage(b *testing.B) {
	plan, answer := large.plan(1500), large.answer(40000)
	for _, document := range []any{plan, answer} {
		b.Run(fmt.Sprintf("%T", document), func(b *testing.B) {
			n := 0
			for b.Loop() {
				if document == any(plan) {
					n = len(asHTML(b, Plan(plan, Layout{}), plan))
				} else {
					n = len(asHTML(b, Access(answer), answer))
				}
			}
			b.ReportMetric(float64(n), "bytes")
		})
	}
}
