package render

import (
	"strconv"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// page is what a report shows as HTML: few things above, and rows that the script of the page sorts, filters and draws. What rows
// have in common stands in lists, and rows name it by its place there.
type page struct {
	Verdict card   // in a few words
	Cards   []card // totals, what takes access first
	Stamp   string // which document it is, of when
	Facts   []fact // what it stands on
	data    pageData
}

// card is a number that stands out.
type card struct {
	Tone  string // of which rows it counts; "": of none
	N     int
	Label string
	Note  string
}

// fact is something that is known about the whole document.
type fact struct{ Name, Value string }

// pageData is what the script reads.
type pageData struct {
	Kind      string         `json:"kind"`
	Tones     []pageTone     `json:"tones"`
	Acts      []pageAct      `json:"acts"`
	Resources []pageResource `json:"resources"`
	People    []pagePerson   `json:"people"`
	Texts     []string       `json:"texts"` // the first is ""
	Rows      pageRows       `json:"rows"`
	Before    string         `json:"before,omitempty"` // the title of rows of what was so before; "": there are none
	Document  *attachment    `json:"document,omitempty"`
}

// pageTone is a colour, and what rows of it do in a word.
type pageTone struct {
	Tone string `json:"tone"`
	Word string `json:"word"`
}

type pageAct struct {
	Mark string `json:"mark"`
	Word string `json:"word"`
	Tone string `json:"tone"`
}

type pageResource struct {
	Connection string `json:"c"`
	Kind       string `json:"k"`
	Name       string `json:"n"`
	Note       string `json:"o,omitempty"` // ownership, where it is not the usual one
}

// pagePerson is a row of the matrix. One without a name is the resource itself.
type pagePerson struct {
	Name string `json:"n"`
	Sort string `json:"s,omitempty"` // unknown or other; "": a person of the files
}

// The sorts of who is no person of the files.
const (
	unknown = "stranger" // somebody whom no file knows
	other   = "other"    // a group, a department
)

// pageRow is a change, a difference or an entitlement.
type pageRow struct {
	act, resource, who int
	before             bool
	what, source, why  int
}

// pageRows are the rows of a page.
type pageRows []pageRow

// MarshalJSON writes of each row the numbers alone, without the zeros at its end.
func (all pageRows) MarshalJSON() ([]byte, error) {
	text := []byte{'['}
	for i, r := range all {
		if i > 0 {
			text = append(text, ',')
		}
		before := 0
		if r.before {
			before = 1
		}
		numbers := []int{r.act, r.resource, r.who, before, r.what, r.source, r.why}
		for len(numbers) > 1 && numbers[len(numbers)-1] == 0 {
			numbers = numbers[:len(numbers)-1]
		}
		text = append(text, '[')
		for k, n := range numbers {
			if k > 0 {
				text = append(text, ',')
			}
			text = strconv.AppendInt(text, int64(n), 10)
		}
		text = append(text, ']')
	}
	return append(text, ']'), nil
}

// places are the values of a list, and where each stands. What is shown of texts is what can be seen.
type places[T comparable] struct {
	at   map[T]int
	list []T
}

func (p *places[T]) add(value T) int {
	i, known := p.at[value]
	if !known {
		if p.at == nil {
			p.at = map[T]int{}
		}
		i = len(p.list)
		p.at[value], p.list = i, append(p.list, value)
	}
	return i
}

// pageMaker collects the rows of a page.
type pageMaker struct {
	acts      places[pageAct]
	resources places[pageResource]
	people    places[pagePerson]
	texts     places[string]
	rows      pageRows
	counts    map[string]*toneCount
}

// toneCount is how many rows have a tone, and how many people and resources they are about.
type toneCount struct {
	n                 int
	people, resources map[int]bool
}

func newPageMaker() *pageMaker {
	m := &pageMaker{counts: map[string]*toneCount{}}
	m.acts.list, m.resources.list, m.people.list = []pageAct{}, []pageResource{}, []pagePerson{} // no null for the script
	m.texts.add("")
	return m
}

// toneNames are the tones as the page calls them.
var toneNames = [...]string{Plain: "held", Adds: "gain", Removes: "loss", Alters: "change", Repeats: "mail", Alarms: "stuck"}

// add adds a row. word says in one what it does.
func (m *pageMaker) add(ref spec.Ref, note string, who pagePerson, word string, row Row, what string, before bool) {
	tone := toneNames[row.Mark.Tone]
	if row.Risk == Takes {
		tone = toneNames[Removes]
	}
	who.Name = Visible(who.Name)
	r := pageRow{before: before,
		act:      m.acts.add(pageAct{Visible(row.Mark.Text), Visible(word), tone}),
		resource: m.resources.add(pageResource{Visible(ref.Connection), Visible(string(ref.Kind)), Visible(ref.Name), Visible(note)}),
		who:      m.people.add(who), what: m.text(what), source: m.text(row.Source), why: m.text(row.Why)}
	m.rows = append(m.rows, r)
	if before {
		return
	}
	c := m.counts[tone]
	if c == nil {
		c = &toneCount{people: map[int]bool{}, resources: map[int]bool{}}
		m.counts[tone] = c
	}
	c.n++
	c.resources[r.resource] = true
	if who.Name != "" {
		c.people[r.who] = true
	}
}

func (m *pageMaker) text(text string) int { return m.texts.add(Visible(strings.TrimSpace(text))) }

// page is the page, with a card for each of the tones that there are rows of.
func (m *pageMaker) page(kind string, tones []pageTone) *page {
	p := &page{data: pageData{Kind: kind, Tones: tones, Acts: m.acts.list, Resources: m.resources.list, People: m.people.list, Texts: m.texts.list, Rows: m.rows}}
	for _, t := range tones {
		if c := m.counts[t.Tone]; c != nil {
			note := "on " + Count(len(c.resources), "resource")
			if len(c.people) > 0 {
				note = m.headcount(c.people) + " " + note
			}
			p.Cards = append(p.Cards, card{t.Tone, c.n, t.Word, note})
		}
	}
	return p
}

// headcount says how many they are, in a word for who is among them.
func (m *pageMaker) headcount(who map[int]bool) string {
	words := [2]string{"person", "people"}
	for i := range who {
		if m.people.list[i].Sort == other {
			words = [2]string{"person or group", "people and groups"}
		}
	}
	if len(who) == 1 {
		return "1 " + words[0]
	}
	return thousands(len(who)) + " " + words[1]
}
