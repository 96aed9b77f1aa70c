package emu

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestForm(t *testing.T) {
	query := url.Values{"n": {"7"}, "word": {"x"}, "flag": {"true"}, "blank": {""}}
	for _, test := range []struct {
		reason string
		check  func(*Form)
		want   string // kind, name and text of the first fault; blank: none
	}{
		{"a number", func(f *Form) { f.Number("n", 1, 1, 7) }, ""},
		{"no number", func(f *Form) { f.Number("blank", 1, 5, 7); f.Number("none", 1, 5, 7) }, ""},
		{"a word for a number", func(f *Form) { f.Number("word", 1, 1, 7) }, `1 word: "x" is no number`},
		{"a large number", func(f *Form) { f.Number("n", 1, 1, 6) }, `2 n: "7" is not in 1..6`},
		{"a small number", func(f *Form) { f.Number("n", 1, 8, 9) }, `2 n: "7" is not in 8..9`},
		{"a flag", func(f *Form) { f.Flag("flag"); f.Flag("none") }, ""},
		{"a word for a flag", func(f *Form) { f.Flag("word") }, `1 word: "x" is no boolean`},
		{"one of some words", func(f *Form) { f.OneOf("w", "a", "a", "b"); f.Maybe("w", "", "a") }, ""},
		{"none of some words", func(f *Form) { f.OneOf("w", "", "a", "b") }, `2 w: "" is not one of a, b`},
		{"none of them, though there may be nothing", func(f *Form) { f.Maybe("w", "c", "a", "b") }, `2 w: "c" is not one of a, b`},
		{"elements", func(f *Form) { f.Count("l", 1, 1, 2); f.Count("l", 2, 1, 2) }, ""},
		{"too few elements", func(f *Form) { f.Count("l", 0, 1, 2) }, "2 l: 0 elements are not in 1..2"},
		{"too many elements", func(f *Form) { f.Count("l", 3, 1, 2) }, "4 l: 3 elements are not in 1..2"},
		{"an element twice", func(f *Form) { Unique(f, "l", []int{1, 2, 1}) }, "2 l: 1 comes twice"},
		{"the first fault stays", func(f *Form) { f.Wrong(TooLong, "a", "b"); f.Wrong(Missing, "c", "d") }, "3 a: b"},
	} {
		f := Form{Query: query, Refuse: func(wrong Wrong, name, text string) error { return fmt.Errorf("%d %s: %s", wrong, name, text) }}
		test.check(&f)
		if got := fmt.Sprint(f.Err); got != test.want && (f.Err != nil || test.want != "") {
			t.Errorf("%s: %s, want %s", test.reason, got, test.want)
		}
	}
	f := Form{Query: query}
	if f.Number("n", 1, 1, 9) != 7 || f.Number("none", 5, 1, 9) != 5 || !*f.Flag("flag") || f.Flag("none") != nil || f.Get("word") != "x" {
		t.Error("values are not what the query says")
	}
}

func TestFormReadsJSON(t *testing.T) {
	for body, want := range map[string]bool{`{"a":1,"colour":"red"}`: true, `{"a":"x"}`: false, `{"a":1}{}`: false, `{"a"`: false, ``: false} {
		var in struct{ A int }
		f := Form{Body: []byte(body), Refuse: func(Wrong, string, string) error { return ErrTooLong }}
		f.JSON(&in)
		if ok := f.Err == nil; ok != want || ok && in.A != 1 {
			t.Errorf("%s: %v, %d", body, f.Err, in.A)
		}
	}
}

func TestReadBody(t *testing.T) {
	for size, want := range map[int]error{0: nil, 4: nil, 5: ErrTooLong} {
		body, err := ReadBody(httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", size))), 4)
		if err != want || err == nil && len(body) != size {
			t.Errorf("%d bytes: %q, %v", size, body, err)
		}
	}
}
