package render

import "fmt"

// block is a table of a comment. What does not fit is left out by whole rows.
type block struct {
	title  string
	folded bool
	columns
	rows []tableLine
	kept int
}

// tableLine is a row of a block.
type tableLine struct {
	text  string
	mark  string // of the changes that it shows
	n     int    // how many they are
	takes string // from what resource it takes access; "": from none
}

// columns is the head of a table.
type columns string

const (
	changeColumns columns = tableHead
	peopleColumns columns = "| Person | Gains | Loses |\n|---|---|---|\n"
	shortColumns  columns = "| Resource | Taken from |\n|---|---|\n"
	totalColumns  columns = "| Takes from | Grants |\n|---|---|\n"
)

func (b *block) head() string {
	if b.folded {
		return "\n<details><summary>" + inSummary(b.title) + "</summary>\n\n" + string(b.columns)
	}
	return "\n#### " + b.title + "\n\n" + string(b.columns)
}

func (b *block) tail() string {
	if b.folded {
		return "\n</details>\n"
	}
	return ""
}

// size is how long the block is with all rows.
func (b *block) size() int {
	if len(b.rows) == 0 {
		return 0
	}
	n := len(b.head()) + len(b.tail()) + restRoom
	for _, row := range b.rows {
		n += len(row.text)
	}
	return n
}

// fit keeps the first rows that there is room for, and returns how much of it they take.
func (b *block) fit(room int) int {
	used := len(b.head()) + len(b.tail()) + restRoom
	for b.kept = 0; b.kept < len(b.rows) && used+len(b.rows[b.kept].text) <= room; b.kept++ {
		used += len(b.rows[b.kept].text)
	}
	if b.kept == 0 {
		return 0
	}
	return used
}

// restRoom is for the line that says how much of a block is left out.
const restRoom = 100

func (b *block) text() string {
	if b.kept == 0 {
		return ""
	}
	text := b.head()
	for _, row := range b.rows[:b.kept] {
		text += row.text
	}
	if left := b.left(); left > 0 && b.columns == totalColumns {
		text += fmt.Sprintf("| and %d more | %d |\n", len(b.rows)-b.kept, left)
	}
	return text + b.tail()
}

// left is how many changes are left out.
func (b *block) left() (n int) {
	for _, row := range b.rows[b.kept:] {
		n += row.n
	}
	return n
}

// leftTakings counts by resource what rows that are left out take.
func (b *block) leftTakings() string {
	takes := map[string]int{}
	for _, row := range b.rows[b.kept:] {
		if row.takes != "" {
			takes[row.takes] += row.n
		}
	}
	return leftTakings(takes)
}

// leftOutOf says what of a comment there was no room for; "" when all is there.
func leftOutOf(blocks []*block, notes int) string {
	missing := map[string]int{}
	for _, b := range blocks {
		for _, row := range b.rows[b.kept:] {
			if row.n > 0 {
				missing[row.mark] += row.n
			}
		}
	}
	return leftOutText(missing, notes)
}

// noteLines are the notes of sections, as far as there is room for them, the loud ones first; left is how many do not fit.
func noteLines(sections []Section, room int) (text string, left int) {
	fits := make([]map[int]string, len(sections))
	for i, s := range sections { // each is named, for where it is reached
		if room -= len(sectionHead(s)) + 1; room < 0 {
			sections = sections[:i]
			break
		}
	}
	for _, loud := range []bool{true, false} {
		for i, s := range sections {
			for k, n := range s.Notes {
				if (n.Level != Info) != loud {
					continue
				}
				line := "- " + noteMark(n.Level) + code(n.Text) + "\n"
				if len(line) > room {
					left++
					continue
				}
				if fits[i] == nil {
					fits[i] = map[int]string{}
				}
				fits[i][k], room = line, room-len(line)
			}
		}
	}
	for i, s := range sections {
		if text += sectionHead(s); len(fits[i]) > 0 {
			text += "\n"
		}
		for k := range s.Notes {
			text += fits[i][k]
		}
	}
	return text, left
}
