package render

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

func written(t *testing.T, html string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// In a browser a page does what it says, complains of nothing, and asks nobody for anything. Pictures of it, at two widths and in
// both themes, are kept where go test is told -artifacts.
func TestPageInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	plan, answer := small.plan(300), small.answer(2000)
	file, accessFile := written(t, asHTML(t, Plan(plan, Layout{}), plan)), written(t, asHTML(t, Access(answer), answer))
	b := startBrowser(t)
	p := b.open(file, 1280, 900, "light")
	p.picture("plan-light-wide")
	p.searchesAndFilters(plan)
	p.readsACell(plan)
	p.picture("plan-light-wide-matrix")
	p.keepsTheDocument(plan)
	p.eval("document.getElementById('theme').click(); document.getElementById('theme').click()", nil)
	p.size(390, 844)
	p.eval("document.getElementById('results').scrollIntoView()", nil)
	p.drawn()
	p.picture("plan-dark-narrow-matrix")
	p.prints()

	p = b.open(accessFile, 1280, 900, "dark")
	p.eval("document.getElementById('tab-matrix').click()", nil)
	p.drawn()
	p.picture("access-dark-wide-matrix")
	p.size(390, 844)
	p.eval("document.getElementById('tab-resources').click(); scrollTo(0, 0)", nil)
	p.drawn()
	p.picture("access-dark-narrow")
	empty := &diff.Plan{Connections: []diff.ConnectionPlan{{Name: "workspace", Provider: "huaweicloud", LiveGrants: 4000, Resources: 40}}}
	p = b.open(written(t, asHTML(t, Plan(empty, Layout{}), empty)), 1280, 900, "light")
	p.keepsTheDocument(empty)
	for _, fault := range b.faults() {
		t.Error(fault)
	}
	b.open(written(t, asHTML(t, Plan(named("<img src=x onerror=document.title='owned'>"), Layout{}), named("<img src=x onerror=document.title='owned'>"))), 800, 600, "light").staysShut()
}

func (p *tab) searchesAndFilters(plan *diff.Plan) {
	p.t.Helper()
	who, n, lost := plan.Connections[0].Changes[20].Person, 0, 0
	for _, c := range plan.Connections[0].Changes {
		if c.Because == diff.BecauseLive {
			continue
		}
		if c.Person == who {
			n++
		}
		if riskOf(c) == Takes {
			lost++
		}
	}
	p.press("/")
	compare(p.t, "search", p.text("document.activeElement.id"))
	p.typed("GRANT " + strings.ToUpper(who))
	p.until(fmt.Sprintf("document.getElementById('shown').textContent.startsWith('%d row')", n))
	compare(p.t, who, p.text("document.querySelector('.line.group .cut').textContent"))
	p.press("Escape")
	p.eval("document.querySelector('.pill[data-tone=loss]').click()", nil)
	p.until(fmt.Sprintf("document.getElementById('shown').textContent.startsWith('%d row')", lost))
	compare(p.t, "[\"−\"]", p.text("JSON.stringify([...new Set([...document.querySelectorAll('.line.row .mark')].map(e => e.textContent))])"))
	p.eval("document.querySelector('.pill[data-tone=loss]').click()", nil)
	p.eval("const order = document.querySelector('#sorting select'); order.value = 'name'; order.dispatchEvent(new Event('change'))", nil)
	if names := p.text("[...document.querySelectorAll('.line.group > .cut[title]')].map(e => e.title).join()"); names != p.text("[...document.querySelectorAll('.line.group > .cut[title]')].map(e => e.title).sort().join()") {
		p.t.Errorf("by name they come as %s", names)
	}
	p.eval("document.getElementById('list').focus()", nil)
	p.press("ArrowDown")
	p.press("ArrowDown")
	p.press("Enter")
	compare(p.t, "true", p.text("String(document.getElementById('more').open)"))
	p.press("Escape")
	compare(p.t, "false", p.text("String(document.getElementById('more').open)"))
	compare(p.t, "", p.text("[...document.querySelectorAll('button, input, select, [tabindex]')].filter(e => !(e.textContent.trim() || e.ariaLabel || e.labels?.length)).map(e => e.outerHTML).join()"))
}

// readsACell goes to the first row that gives something and to its resource, with arrows.
func (p *tab) readsACell(plan *diff.Plan) {
	p.t.Helper()
	c := plan.Connections[0].Changes[30]
	p.press("3")
	p.eval("document.getElementById('matrix').focus()", nil)
	p.eval(fmt.Sprintf("matrix.go(matrix.what.findIndex(g => g.name === '%s %s') - 1, matrix.who.findIndex(g => g.name === '%s'))", c.Kind, c.Resource, c.Person), nil)
	p.press("ArrowRight")
	compare(p.t, fmt.Sprintf("%s · %s %s\n%s, %s, via %s", c.Person, c.Kind, c.Resource, c.Op, c.Source, c.Via), p.text("document.getElementById('cell').textContent"))
	compare(p.t, "cell", p.text("document.getElementById('matrix').getAttribute('aria-activedescendant')"))
	p.eval("const c = matrix.box.querySelector('canvas'), middle = matrix.size / 2, at = [matrix.left + matrix.x * matrix.size - matrix.box.scrollLeft + 5, matrix.top + matrix.y * matrix.size - matrix.box.scrollTop + 5].map(v => v * devicePixelRatio); "+
		"if ([...c.getContext('2d').getImageData(...at, 1, 1).data].slice(0, 3).join() !== colours().gain.match(/\\d+/g).join()) throw new Error('the cell has another colour')", nil)
}

func (p *tab) keepsTheDocument(plan *diff.Plan) {
	p.t.Helper()
	var want bytes.Buffer
	if err := plan.Write(&want); err != nil {
		p.t.Fatal(err)
	}
	if got := p.text("unpacked().then(file => file.text())"); got != want.String() {
		p.t.Error("the file that the page gives is not the plan")
	}
}

func (p *tab) prints() {
	p.t.Helper()
	p.eval("dispatchEvent(new Event('beforeprint'))", nil)
	compare(p.t, "true", p.text("String(document.querySelectorAll('#paper tbody tr').length === found.length && found.length > 200)"))
	p.eval("dispatchEvent(new Event('afterprint'))", nil)
}

// staysShut tries what a page must not be able to do. What the browser says of that is no fault.
func (p *tab) staysShut() {
	p.t.Helper()
	if title := p.text("document.title"); strings.Contains(title, "owned") {
		p.t.Error("a name became a script")
	}
	compare(p.t, "0", p.text("String(document.querySelectorAll('img, iframe, object, link:not([rel=icon])').length)"))
	for _, attempt := range []string{"fetch('data:,x')", "Promise.resolve().then(() => { document.body.innerHTML = '<b>x</b>' })", "Promise.resolve().then(() => (0, eval)('1'))"} {
		compare(p.t, "refused", p.text(attempt+".then(() => 'done', () => 'refused')"))
	}
}

// How heavy pages of a company of thousands are, how long they take to make, and how much work a browser has to open them and to
// answer a search: time by the clock, and time of its main thread, which other programs do not lengthen. The page of the whole table
// is the heaviest.
func TestPageFigures(t *testing.T) {
	if os.Getenv("ENTITLECTL_TEST_LONG") == "" {
		t.Skip("figures are for when somebody looks at them: ENTITLECTL_TEST_LONG=1")
	}
	plan, answer := large.plan(1500), large.answer(40000)
	b := startBrowser(t)
	for name, page := range map[string]func() string{
		"a plan of 1,500 changes": func() string { return asHTML(t, Plan(plan, Layout{}), plan) }, "a table of 40,000 grants": func() string { return asHTML(t, Access(answer), answer) },
	} {
		began := time.Now()
		text := page()
		made := time.Since(began)
		p := b.open(written(t, text), 1280, 900, "light")
		p.do("Performance.enable", map[string]any{"timeDomain": "threadTicks"}, nil)
		p.do("Page.reload", nil, nil)
		time.Sleep(time.Second) // for the old page to go
		p.until("document.readyState === 'complete'")
		t.Logf("%s: %d bytes, made in %d ms, opened in %s ms, of which the main thread worked %.0f ms", name, len(text), made.Milliseconds(),
			p.text("String(Math.round(performance.getEntriesByType('navigation')[0].domComplete))"), 1000*p.worked())
		for _, tab := range []string{"people", "resources", "matrix"} {
			p.eval("document.getElementById('tab-"+tab+"').click()", nil)
			p.drawn()
			for _, word := range []string{"carol.chen", "CAD", "team design", "no such thing"} {
				before := p.worked()
				wall := p.text(`(async () => {
					const began = performance.now(), box = document.getElementById('search');
					box.value = '` + word + `';
					box.dispatchEvent(new Event('input'));
					await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
					return String(Math.round(performance.now() - began));
				})()`)
				t.Logf("%s, %s: %q answered in %s ms, of which the main thread worked %.0f ms", name, tab, word, wall, 1000*(p.worked()-before))
			}
			p.eval("set({ query: '' })", nil)
		}
		t.Logf("%s: scrolling the matrix takes %s ms a frame at most, zoomed out %s ms", name, p.text(slowest(3)), p.text(slowest(0)))
	}
}

// worked is how many seconds the main thread has worked.
func (p *tab) worked() (seconds float64) {
	var got struct {
		Metrics []struct {
			Name  string
			Value float64
		}
	}
	p.do("Performance.getMetrics", nil, &got)
	for _, m := range got.Metrics {
		if m.Name == "TaskDuration" {
			seconds = m.Value
		}
	}
	return seconds
}

// slowest is an expression for the longest that a matrix takes to be drawn while it is scrolled.
func slowest(zoom int) string {
	return fmt.Sprintf(`(() => {
		let most = 0;
		matrix.zoom = %d;
		matrix.resize();
		for (let i = 0; i < 40; i++) {
			matrix.box.scrollTop = i * 700;
			matrix.box.scrollLeft = i * 90;
			const began = performance.now();
			matrix.paint();
			most = Math.max(most, performance.now() - began);
		}
		return String(Math.round(most));
	})()`, zoom)
}
