package spec

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// conflictMarks begin the lines that git leaves where two changes clash.
var conflictMarks = []string{"<<<<<<<", ">>>>>>>", "=======", "|||||||"}

// conflicts refuses a file with conflicts of a merge. YAML may take the marks for text.
func (d *decoder) conflicts(data []byte) bool {
	const hint = "settle the conflict, and remove its marks: <<<<<<<, ======= and >>>>>>>"
	for _, mark := range conflictMarks {
		places := lineStarts(data, mark)
		for _, at := range places {
			d.reject(d.offset(data, at), hint, "a merge conflict that is not settled")
		}
		if len(places) > 0 {
			return true
		}
	}
	return false
}

// lineStarts finds the lines that begin with a mark; after it comes a blank or nothing. It tells a few of them.
func lineStarts(data []byte, mark string) []int {
	const most = 100
	var places []int
	for at := 0; len(places) < most; {
		if at > 0 || !bytes.HasPrefix(data, []byte(mark)) {
			i := bytes.Index(data[at:], []byte("\n"+mark))
			if i < 0 {
				break
			}
			at += i + 1
		}
		end := at + len(mark)
		if end == len(data) || bytes.IndexByte([]byte(" \r\n"), data[end]) >= 0 {
			places = append(places, at)
		}
		at = end
	}
	return places
}

// slip finds in a text what was probably meant as a key and its value: a colon that is none to YAML.
func slip(text []byte, at int) *mistake {
	for i, r := range string(text) {
		switch next, _ := utf8.DecodeRune(text[i+utf8.RuneLen(r):]); {
		case wideColon(r):
			return &mistake{at + i, fmt.Sprintf("YAML takes %q (%U) for a letter, not for a colon", r, r), "write a plain colon and a blank"}
		case r != ':' || i == 0:
		case next != ' ' && unicode.IsSpace(next):
			return &mistake{at + i + 1, fmt.Sprintf("YAML takes the blank %U after the colon for a letter", next), "write a plain blank"}
		case i+1 < len(text) && !bytes.HasPrefix(text[i:], []byte("://")) && !isPrefix(lastWord(text[:i])):
			return &mistake{at + i, "no blank after the colon", "write `key: value`"}
		}
	}
	return nil
}

func wideColon(r rune) bool { return r == '：' || r == '﹕' || r == '∶' || r == '꞉' }

// slipped reports a slip in a text that stands where something else is wanted.
func (d *decoder) slipped(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || n.Style != 0 {
		return false
	}
	m := slip([]byte(n.Value), 0)
	if m == nil {
		return false
	}
	at := d.at(n)
	if before := n.Value[:m.at]; bytes.HasPrefix(d.source(n), []byte(before)) { // else it is on another line
		at.Column += utf8.RuneCountInString(before)
	}
	d.reject(at, m.hint, "%s", m.what)
	return true
}

// wideMarks are brackets and commas of other scripts, which are letters to YAML.
const wideMarks = "［］｛｝【】，、；"

// wide names the first such mark in a text that is not in quotes, with what to write.
func wide(n *yaml.Node) (r rune, hint string) {
	i := strings.IndexAny(n.Value, wideMarks)
	if n.Kind != yaml.ScalarNode || n.Style != 0 || i < 0 {
		return 0, ""
	}
	r, _ = utf8.DecodeRuneInString(n.Value[i:])
	return r, fmt.Sprintf("write [item, item] with plain brackets and commas: YAML takes %q (%U) for a letter", r, r)
}

// numberMark matches the mark of an item in other documents.
var numberMark = regexp.MustCompile(`^[0-9]+[.)] `)

// unlisted reports that a text or a mapping was meant as a list: it begins with what people take for the mark of an item.
func (d *decoder) unlisted(n *yaml.Node) bool {
	key := n
	if n.Kind == yaml.MappingNode && len(n.Content) > 0 {
		key = n.Content[0]
	}
	if key.Kind != yaml.ScalarNode {
		return false
	}
	r, width := utf8.DecodeRuneInString(key.Value)
	switch {
	case key.Style != 0:
		return false
	case numberMark.MatchString(key.Value):
		d.reject(d.at(key), "write - and a blank", "%q begins no list item", strings.TrimSpace(numberMark.FindString(key.Value)))
	case bullet(r) && strings.HasPrefix(key.Value[width:], " "):
		d.reject(d.at(key), "write - and a blank", "%q (%U) begins no list item", r, r)
	case r == '-':
		d.reject(d.at(key), "write - and a blank before the item", "no blank after -")
	default:
		return false
	}
	return true
}

// curlyQuote says whether it is a quote that text programs put in place of a plain one.
func curlyQuote(r rune) bool {
	return strings.ContainsRune("“”„‟‘’‚‛″′＂＇«»", r)
}
