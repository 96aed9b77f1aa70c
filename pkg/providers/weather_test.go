package providers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
)

// weather is the way to a vendor on which lists lie and a gateway answers in the vendor's place, at random.
type weather struct {
	inner http.RoundTripper
	reads []string // what reads although it is no GET, as patterns of method and path
	draw  *rand.Rand

	// Shares of requests, of 1.
	lies     float64 // lists whose answer is spoiled
	gateways float64 // requests that a gateway answers, done or not

	mu     sync.Mutex
	habits map[string]*lie   // how a list lies whenever it is asked; nil: it does not
	pages  map[string]answer // the newest of each list and filter
	caught map[string]string // lists that lied in a way that shows, and how
	told   map[string]int    // lies by name
	done   int               // writes that the vendor took
	sent   int               // writes that came this far
}

type answer struct {
	page string
	body []byte
}

func newWeather(t *testing.T, p providertest.Provider, inner http.RoundTripper, draw *rand.Rand) *weather {
	w := &weather{inner: inner, draw: draw, pages: map[string]answer{}, told: map[string]int{}}
	if p.Format.Provider == "wps365" {
		w.reads = strings.Fields(strings.ReplaceAll(p.Read(t, "reads.txt"), "POST ", "POST"))
	}
	w.turn(0, 0)
	return w
}

// turn sets the weather, and forgets how lists lie.
func (w *weather) turn(lies, gateways float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lies, w.gateways, w.habits, w.caught = lies, gateways, map[string]*lie{}, map[string]string{}
}

// RoundTrip passes a request on, or not.
func (w *weather) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	reads := r.Method == http.MethodGet || slices.ContainsFunc(w.reads, func(pattern string) bool {
		ok, _ := path.Match(pattern, r.Method+r.URL.Path)
		return ok
	})
	if !reads {
		w.sent++
	}
	foul := w.draw.Float64() < w.gateways
	if foul && w.draw.IntN(2) == 0 {
		return w.gateway(), nil
	}
	resp, err := w.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if !reads && took(resp, body) {
		w.done++
	}
	if foul {
		return w.gateway(), nil
	}
	if r.Method == http.MethodGet && took(resp, body) {
		body = w.spoil(r.URL.Path+" "+r.Header.Get("X-Acs-Action"), r.URL.Query(), body)
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// took says whether an answer says that the request was done. One vendor refuses under a 200.
func took(resp *http.Response, body []byte) bool {
	var said struct {
		Code json.Number `json:"code"`
	}
	return resp.StatusCode < 300 && (json.Unmarshal(body, &said) != nil || said.Code == "" || said.Code == "0")
}

// gateway answers as what stands before a vendor does.
func (w *weather) gateway() *http.Response {
	status := []int{http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}[w.draw.IntN(3)]
	a := httptest.NewRecorder()
	if after := w.draw.IntN(40); after < 20 {
		a.Header().Set("Retry-After", fmt.Sprint(after))
	}
	a.Header().Set("Content-Type", "text/html")
	a.WriteHeader(status)
	_, _ = fmt.Fprintf(a, "<html><body>%d %s</body></html>\n", status, http.StatusText(status))
	w.told[fmt.Sprint(status)]++
	return a.Result()
}

// spoil makes the answer of a list a lie, where its lot is that. Some lists lie for as long as the weather lasts.
func (w *weather) spoil(list string, query url.Values, body []byte) []byte {
	page := query.Get("offset") + query.Get("page_token") + query.Get("PageNumber")
	for _, key := range []string{"offset", "page_token", "PageNumber"} {
		query.Del(key)
	}
	filtered := list + query.Encode()
	before := w.pages[filtered]
	w.pages[filtered] = answer{page, body}
	habit, drawn := w.habits[list]
	if !drawn {
		if w.draw.Float64() < w.lies {
			habit = &lies[w.draw.IntN(len(lies))]
		}
		w.habits[list] = habit
	}
	once := w.draw.Float64() < w.lies
	if habit == nil && !once {
		return body
	}
	told := habit
	if told == nil {
		told = &lies[w.draw.IntN(len(lies))]
	}
	c, ok := contentsOf(body)
	if !ok || len(c.rows()) == 0 {
		return body
	}
	if before.page != page {
		c.before = before.body
	}
	spoilt, shows := told.tell(w.draw, c)
	w.told[told.name]++
	if shows && habit != nil {
		w.caught[list] = told.name
	}
	return spoilt
}

// contents is the answer of a list, taken apart.
type contents struct {
	body, before []byte         // before is another page of the list, or nil
	tree         map[string]any // of the body
	in           map[string]any // what holds the rows
	key          string         // of the rows
	counts       map[string]any // what holds the count; nil where there is none
	count        string         // its key
}

// contentsOf finds rows and count in an answer. ok is false where it has no rows.
func contentsOf(body []byte) (c contents, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if c.body = body; decoder.Decode(&c.tree) != nil {
		return c, false
	}
	c.find(c.tree)
	return c, c.in != nil
}

func (c *contents) find(fields map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		switch v := fields[key].(type) {
		case map[string]any:
			c.find(v)
		case []any:
			if len(v) > 0 && c.in == nil {
				if _, isRow := v[0].(map[string]any); isRow {
					c.in, c.key = fields, key
				}
			}
		case json.Number:
			if slices.Contains([]string{"count", "total", "total_count", "TotalCount"}, key) {
				c.counts, c.count = fields, key
			}
		}
	}
}

func (c contents) rows() []any { return c.in[c.key].([]any) }

// with is the answer with other rows and the same count.
func (c contents) with(rows []any) []byte {
	c.in[c.key] = rows
	return c.text()
}

func (c contents) text() []byte {
	body, err := json.Marshal(c.tree)
	if err != nil {
		return c.body
	}
	return body
}

// lie is one way in which the answer of a list is not so. tell says whether any reader must see that it is a lie.
type lie struct {
	name string
	tell func(draw *rand.Rand, c contents) (body []byte, shows bool)
}

var lies = []lie{
	{"count off", func(draw *rand.Rand, c contents) ([]byte, bool) {
		if c.counts != nil {
			n, _ := c.counts[c.count].(json.Number).Int64()
			c.counts[c.count] = n + []int64{-n, -1, 1, 150}[draw.IntN(4)]
		}
		return c.text(), c.counts != nil
	}},
	{"count missing", func(_ *rand.Rand, c contents) ([]byte, bool) {
		delete(c.counts, c.count)
		return c.text(), false // not each vendor promises one
	}},
	{"page cut", func(draw *rand.Rand, c contents) ([]byte, bool) {
		if c.counts == nil { // nobody could tell
			return c.body, false
		}
		at := draw.IntN(len(c.rows()))
		return c.with(slices.Delete(c.rows(), at, at+1)), true
	}},
	{"page repeated", func(_ *rand.Rand, c contents) ([]byte, bool) {
		if c.before != nil {
			return c.before, false
		}
		return c.with(append(c.rows(), c.rows()...)), false
	}},
	{"row twice", func(draw *rand.Rand, c contents) ([]byte, bool) {
		return c.with(append(c.rows(), c.rows()[draw.IntN(len(c.rows()))])), false
	}},
	{"field missing", func(draw *rand.Rand, c contents) ([]byte, bool) {
		row := c.rows()[draw.IntN(len(c.rows()))].(map[string]any)
		keys := slices.Sorted(maps.Keys(row))
		delete(row, keys[draw.IntN(len(keys))])
		return c.text(), false
	}},
	{"key twice", func(_ *rand.Rand, c contents) ([]byte, bool) {
		again := fmt.Sprintf(`{%q:null,`, slices.Sorted(maps.Keys(c.tree))[0])
		return append([]byte(again), bytes.TrimLeft(c.body, " \n\t\r{")...), true
	}},
}
