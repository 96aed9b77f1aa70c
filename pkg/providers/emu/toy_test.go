package emu

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// toy is a vendor with a list of words: POST /toy/words/NAME adds one, GET /toy/words lists them, DELETE removes.
type toy struct {
	Tenant[toySeed, *toyWorld]
}

type toySeed struct {
	ID    string   `yaml:"id,omitempty"`
	Words []string `yaml:"words,flow"`
}

type toyWorld struct {
	World
	words List[*word]
}

type word struct {
	Life
	text string
}

func itself(s string) string      { return s }
func textOf(w *word) string       { return w.text }
func (w *toyWorld) Dump() toySeed { return toySeed{w.ID, DumpEach(w.words.Current(), textOf, itself)} }
func (w *toyWorld) Load(s toySeed) error {
	w.ID = s.ID
	return LoadEach("words", s.Words, itself, func(text string) error {
		w.words.Add(&word{text: text}, w.Shows)
		return nil
	})
}

func newToy() *toy {
	v := new(toy)
	v.Empty = func() *toyWorld { return new(toyWorld) }
	return v
}

func (*toy) Stamp(h http.Header) { h.Set("Toy-Id", "1") }

func (*toy) Name() string { return "toy" }

func (v *toy) all() []string {
	w := v.Begin(context.Background())
	defer v.End()
	return texts(&w.words, w.Now, true)
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
	return Views(rows, textOf)
}

func (*toy) Claim(r *http.Request) (string, bool) {
	return r.URL.Path, strings.HasPrefix(r.URL.Path, "/toy/")
}

func (v *toy) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w := v.Begin(r.Context())
	defer v.End()
	status := http.StatusOK
	name := strings.TrimPrefix(r.URL.Path, "/toy/words/")
	switch r.Method {
	case http.MethodPost:
		w.words.Add(&word{text: name}, w.Shows)
		status = http.StatusCreated
	case http.MethodDelete:
		for row := range w.words.Current() {
			if row.text == name {
				w.words.Remove(row, w.Shows)
			}
		}
		rw.WriteHeader(http.StatusNoContent)
		return
	}
	WriteJSON(rw, "application/json", status, texts(&w.words, w.Now, false))
}

func (*toy) Throttled(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "toy says slow down", http.StatusTooManyRequests)
}
