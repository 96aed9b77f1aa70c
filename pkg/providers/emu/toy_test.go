package emu

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"gopkg.in/yaml.v3"
)

// toy is a vendor with a list of words: POST /toy/words/NAME adds one, GET /toy/words lists them, DELETE removes.
type toy struct {
	mu    sync.Mutex
	clock *Clock
	words *List[*word]
}

type word struct {
	Life
	text string
}

func (*toy) Name() string      { return "toy" }
func (v *toy) Attach(c *Clock) { v.clock, v.words = c, new(List[*word]) }
func (v *toy) now() time.Time  { return v.clock.Now() }
func (v *toy) all() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return texts(v.words, time.Time{}, true)
}
func texts(l *List[*word], now time.Time, current bool) []string {
	out := []string{}
	if current {
		for w := range l.Current() {
			out = append(out, w.text)
		}
		return out
	}
	rows, _ := l.Page(now, 0, -1, nil)
	for _, w := range rows {
		out = append(out, w.text)
	}
	return out
}

func (*toy) Claim(r *http.Request) (string, bool) {
	return r.URL.Path, strings.HasPrefix(r.URL.Path, "/toy/")
}

func (v *toy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var at time.Time
	if lag := Lag(r.Context()); lag > 0 {
		at = v.now().Add(lag)
	}
	name := strings.TrimPrefix(r.URL.Path, "/toy/words/")
	switch r.Method {
	case http.MethodPost:
		v.words.Add(&word{text: name}, at)
		w.WriteHeader(http.StatusCreated)
	case http.MethodDelete:
		for row := range v.words.Current() {
			if row.text == name {
				v.words.Remove(row, at)
			}
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	_ = json.NewEncoder(w).Encode(texts(v.words, v.now(), false))
}

func (*toy) Throttled(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "toy says slow down", http.StatusTooManyRequests)
}

type toySeed struct {
	Words []string `yaml:"words,flow"`
}

func (v *toy) Load(n *yaml.Node) (func(), error) {
	var s toySeed
	if err := Decode(n, &s); err != nil {
		return nil, err
	}
	words := new(List[*word])
	for _, text := range s.Words {
		words.Add(&word{text: text}, time.Time{})
	}
	return func() { v.mu.Lock(); defer v.mu.Unlock(); v.words = words }, nil
}

func (v *toy) Dump() (any, error) { return toySeed{v.all()}, nil }
