package httpx

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// tree reads any value with a Scanner.
type tree struct{ value any }

func (t *tree) Scan(s *Scanner) bool { return t.scan(s, 0) }

func (t *tree) scan(s *Scanner, depth int) (ok bool) {
	switch c := s.peek(); {
	case c == '{':
		object := map[string]any{}
		t.value = object
		return s.Object(func(key []byte) bool {
			var inner tree
			name := string(key)
			ok := inner.scan(s, depth+1)
			object[name] = inner.value
			return ok
		})
	case c == '[':
		list := []any{}
		ok = s.List(func() bool {
			var inner tree
			ok := inner.scan(s, depth+1)
			list = append(list, inner.value)
			return ok
		})
		t.value = list
		return ok
	case c == '"':
		text, ok := s.Text()
		t.value = string(text)
		return ok
	}
	raw, ok := s.Raw()
	return ok && json.Unmarshal(raw, &t.value) == nil
}

var scannedTexts = []string{
	`{"count": 2, "rows": [{"id": "a", "name": "Ann"}, {"id": "b", "name": "Bo"}]}`,
	` { "a" : [ ] , "b" : { } , "c" : [ 1 , true , false , null , "" ] } `,
	`{"rows": [{"a": 1, "b": 2}, {"b": 1, "a": 2}, {"a": 1}, {"a": 1, "b": 2, "c": 3}]}`,
	`{"name": "李雷", "long": "a text that is longer than eight bytes", "deep": {"list": [[[{"x": "y"}]]]}}`,
	`"text"`, `[]`, `{}`, `0`, `12 `, `{"a": 12 }`, `null`, `true`,
}

var refusedTexts = []string{
	``, ` `, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,}`, `[1,]`, `[,1]`, `[1 2]`, `{"a":1 "b":2}`, `{"a" 1}`, `{a:1}`, `"a`, `{"a":1}}`, `{} {}`, "{}\x00", "\x00{}",
	`{"a":1,"a":2}`, `{"rows":[{"a":1},{"a":1,"a":2}]}`, `{"rows":[{"a":1,"b":2},{"b":1,"a":1,"b":2}]}`, `[{"a":{"b":1,"b":1}}]`,
	`01`, `1e`, `.5`, `nul`, `tru`, `nulll`, `{"a":nullb}`, `+1`, `--1`,
	"\"a\nb\"", "\"a\x01\"", "\"\xff\"", "\"12345678\xc3\"", "[\"\x80\"]",
}

// FuzzScan holds what a Scanner reads against what package json reads.
func FuzzScan(f *testing.F) {
	for _, text := range append(append(scannedTexts, refusedTexts...),
		`{"A":1,"a":2}`, `{"ſ":1,"s":2}`, `{"\u0061":1,"a":2}`, `"\ud800"`, `-1`, `1.5`, `1e9`, strings.Repeat("[", 40)+strings.Repeat("]", 40)) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var scanned tree
		if !Scan(data, &scanned) {
			return
		}
		var want any
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("read %q, which package json does not: %v", data, err)
		}
		if !reflect.DeepEqual(scanned.value, want) {
			t.Fatalf("%q: read %v, want %v", data, scanned.value, want)
		}
		if key := duplicateKey(data); key != "" {
			t.Fatalf("read %q, where %q is twice in one place", data, key)
		}
	})
}

func TestScannerReadsWhatIsUsual(t *testing.T) {
	for _, text := range scannedTexts {
		if !Scan([]byte(text), new(tree)) {
			t.Errorf("%s: not read", text)
		}
	}
	for _, text := range refusedTexts {
		if Scan([]byte(text), new(tree)) {
			t.Errorf("%q was read", text)
		}
	}
	if Scan([]byte(`{}`), new(struct{})) {
		t.Error("a value that can't read itself was read")
	}
}

// TestPlainRunsEndWhereTheyShould tries every byte in every place.
func TestPlainRunsEndWhereTheyShould(t *testing.T) {
	for at := range 20 {
		for c := range 256 {
			data := []byte(strings.Repeat("a", 20))
			data[at] = byte(c)
			want := len(data)
			if c == '"' || c == '\\' || c < ' ' || c >= 0x80 {
				want = at
			}
			if got := plainRun(data); got != want {
				t.Fatalf("byte %#x at %d: the run has %d bytes", c, at, got)
			}
		}
	}
}
