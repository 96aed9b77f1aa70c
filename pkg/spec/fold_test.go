package spec

import (
	"strings"
	"testing"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for _, same := range [][]string{
		{"alice", "Alice", "ALICE"},
		{"jos\u00e9", "jose\u0301", "JOSE\u0301", "Jos\u00e9"},
		{"ada@b\u00fccher.example", "Ada@xn--bcher-kva.example", "ada@XN--BCHER-KVA.example", "ada@bu\u0308cher.EXAMPLE"},
		{"\u03a3\u03c3\u03c2", "\u03c3\u03c3\u03c3"},
		{"odd--name", "Odd--Name"},
		{"x@xn--a", "X@XN--A"}, // stands for nothing
		{"", ""},
	} {
		for _, spelling := range same {
			if got := Fold(spelling); got != Fold(same[0]) {
				t.Errorf("Fold(%q) = %q, and Fold(%q) = %q", spelling, got, same[0], Fold(same[0]))
			}
		}
	}
	for _, other := range [][2]string{{"alice", "alicia"}, {"jose", "jos\u00e9"}, {"a@x.example", "a@y.example"}, {"stra\u00dfe", "strasse"}} {
		if Fold(other[0]) == Fold(other[1]) {
			t.Errorf("%q and %q are one", other[0], other[1])
		}
	}
	if FoldDomain("XN--BCHER-KVA.local") != "b\u00fccher.local" || FoldDomain("Corp.Local") != "corp.local" {
		t.Error(FoldDomain("XN--BCHER-KVA.local"), FoldDomain("Corp.Local"))
	}
}

// Every spelling of a name folds to the same, and folding again changes nothing.
func TestFoldIsOneForAllSpellings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Za-z\x{e0}-\x{f6}\x{3b1}-\x{3c9}\x{4e00}-\x{4e20}.-]{1,12}`).Draw(t, "name")
		folded := Fold(name)
		for _, spelling := range []string{strings.ToUpper(name), strings.ToLower(name), norm.NFC.String(name), norm.NFD.String(name), folded} {
			if !strings.EqualFold(norm.NFC.String(spelling), norm.NFC.String(name)) {
				continue // ToUpper may change more than case
			}
			if Fold(spelling) != folded {
				t.Fatalf("Fold(%q) = %q, and Fold(%q) = %q", spelling, Fold(spelling), name, folded)
			}
		}
		domain := rapid.StringMatching(`[a-z\x{e0}-\x{f6}]{1,8}\.example`).Draw(t, "domain")
		carried, err := idna.ToASCII(domain)
		if err == nil && Fold("a@"+carried) != Fold("a@"+domain) {
			t.Fatalf("%q and %q are two", carried, domain)
		}
	})
}

func TestOneSlip(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"wang.fnag", "wang.fang", true}, {"ERPP", "ERP", true}, {"alice", "alicf", true}, {"lice", "alice", true}, {"ab", "ba", true},
		{"王伟", "王为", true}, {"alice", "alice", false}, {"alice", "bob", false}, {"a", "b", false}, {"a", "ab", false}, {"", "a", false},
		{"abcd", "badc", false}, {"abc", "cba", false}, {"aab", "ab", true}, {"abab", "ab", false},
	} {
		if OneSlip(tc.a, tc.b) != tc.want || OneSlip(tc.b, tc.a) != tc.want {
			t.Errorf("OneSlip(%q, %q) is not %v", tc.a, tc.b, tc.want)
		}
	}
}

// OneSlip agrees with the distance that suggestions go by.
func TestOneSlipIsADistanceOfOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[abc]{2,6}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if OneSlip(a, b) != (distance([]rune(a), []rune(b)) == 1) {
			t.Fatalf("%q and %q: %v", a, b, OneSlip(a, b))
		}
	})
}
