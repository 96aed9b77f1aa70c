package spec

import (
	"fmt"
	"unicode/utf8"
)

// suggest returns the known name that is nearest to name, or "" when none is near. Near is the same name in another
// spelling, or few typing slips away: letters left out, added, replaced or swapped with their neighbour, at most one for
// every three letters of the name, and one in names of two letters too.
func suggest(name string, known []string) string {
	const longest = 64 // nobody mistypes longer names, and comparing them is slow
	from := []rune(Fold(name))
	if len(from) == 0 || len(from) > longest {
		return ""
	}
	near, best := max(min(len(from)-1, 1), len(from)/3)+1, ""
	for _, k := range known {
		if len(k) > longest*4 {
			continue
		}
		to := []rune(Fold(k))
		if len(to)-len(from) > near || len(from)-len(to) > near || len(to) > longest {
			continue
		}
		if d := distance(from, to); d < near || d == near && best != "" && k < best {
			near, best = d, k
		}
	}
	return best
}

// distance counts the slips between two words: the optimal string alignment distance.
func distance(a, b []rune) int {
	var rows [3][66]int // two before, before and this; words have at most 64 letters
	before2, before, row := rows[0][:], rows[1][:], rows[2][:]
	for j := range len(b) + 1 {
		before[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := before[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(before[j]+1, row[j-1]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before2[j-2]+1)
			}
		}
		before2, before, row = before, row, before2
	}
	return before[len(b)]
}

// DidYouMean is a hint about a wrong name: it asks about the known one that is nearest, or else says what to do.
func DidYouMean(name string, known []string, otherwise string) string {
	if near := suggest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near) + otherLetter(name, near)
	}
	return otherwise
}

// otherLetter names the first letter that two names differ in, where it may look the same to people; else it is "".
func otherLetter(name, near string) string {
	a, b := []rune(name), []rune(near)
	if len(a) != len(b) {
		return ""
	}
	for i := range a {
		if a[i] >= utf8.RuneSelf && b[i] < utf8.RuneSelf {
			return fmt.Sprintf(" %q (%U) is not %q", a[i], a[i], b[i])
		}
	}
	return ""
}

// meant is DidYouMean while there is time for comparisons.
func (l *loader) meant(name string, known []string, otherwise string) string {
	if l.comparisons += len(known); l.comparisons > maxComparisons {
		return otherwise
	}
	return DidYouMean(name, known, otherwise)
}

// maxComparisons bounds the time for suggestions: a second or so, however many names are wrong.
const maxComparisons = 4_000_000
