package spec

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Fold returns what all spellings of a name share: it has one letter case, letters of one width and is in NFC, and the domain of
// an address is as people read it, not as mail carries it (IDNA), without a dot at its end. Names that vendors tell apart may be
// one when folded, so it serves to keep things and to ask about them; what is written names things as they are.
func Fold(name string) string {
	if strings.ContainsAny(name, "@＠") {
		name = strings.TrimSuffix(name, ".")
	}
	if oneSpelling(name) {
		return strings.ToLower(name)
	}
	name = width.Fold.String(name)
	if i := strings.LastIndexByte(name, '@'); i >= 0 {
		return oneCase(name[:i]) + "@" + oneCase(readable(name[i+1:]))
	}
	return oneCase(name)
}

// FoldDomain is Fold for a domain that stands alone.
func FoldDomain(domain string) string {
	domain = strings.TrimSuffix(domain, ".")
	if oneSpelling(domain) {
		return strings.ToLower(domain)
	}
	return oneCase(readable(domain))
}

// oneSpelling says whether nothing but the letter case of a name can be spelt in two ways, which is so of nearly all.
func oneSpelling(name string) bool {
	for i := range len(name) {
		if name[i] >= 0x80 || name[i] == '-' && strings.HasPrefix(name[i:], "--") {
			return false
		}
	}
	return true
}

var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// readable turns the labels of a domain that begin with xn-- into what they stand for. What stands for nothing stays.
func readable(domain string) string {
	labels := strings.Split(oneCase(domain), ".")
	for i, label := range labels {
		labels[i], _ = domains.ToUnicode(label) // as far as it could be read
	}
	return strings.Join(labels, ".")
}

// oneCase is the same for names that differ in letter case, by the rule of strings.EqualFold, or in how accents are encoded.
func oneCase(name string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		first := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			first = min(first, other)
		}
		if unicode.SimpleFold(r) == r {
			return r
		}
		return unicode.ToLower(first)
	}, norm.NFC.String(name)))
}

// OneSlip says whether two names are one typing slip apart: a letter left out, added, replaced or swapped with its neighbour.
// A name of one letter is one slip away from every other, so it is near to none.
func OneSlip(a, b string) bool {
	if len(a)-len(b) > utf8.UTFMax || len(b)-len(a) > utf8.UTFMax {
		return false
	}
	short, long := []rune(a), []rune(b)
	if len(short) > len(long) {
		short, long = long, short
	}
	if len(long)-len(short) > 1 || len(short) < 2 || a == b {
		return false
	}
	i, tail := 0, 0
	for i < len(short) && short[i] == long[i] {
		i++
	}
	for tail < len(short)-i && short[len(short)-1-tail] == long[len(long)-1-tail] {
		tail++
	}
	differ := len(short) - i - tail
	swapped := differ == 2 && len(short) == len(long) && short[i] == long[i+1] && short[i+1] == long[i]
	return differ == 0 || differ == 1 && len(short) == len(long) || swapped
}
