package spec

import (
	"bytes"
	"fmt"
)

// value reads the value of a key or item.
func (p *proofreader) value() *mistake {
	start := p.i
	switch c := p.data[p.i]; c {
	case '"', '\'':
		if m := p.quotedWhole(); m != nil {
			return m
		}
		return p.afterQuote(start)
	case '[', '{':
		if m := p.flow(); m != nil {
			return m
		}
		return p.afterBracket(start)
	case '|', '>':
		return p.block()
	case '&', '!':
		for p.i < len(p.data) && !bytes.ContainsRune([]byte(" \t\r\n"), rune(p.data[p.i])) {
			p.i++
		}
		if p.blanks(); p.lineEnds() {
			p.awaits = true
			p.nextLine()
			return nil
		}
		return p.text()
	}
	return p.text()
}

// text reads a value that is not quoted.
func (p *proofreader) text() *mistake {
	rest := p.rest()
	if m := unquotable(rest, p.i); m != nil {
		return m
	}
	if isMarker(rest, "?") {
		p.giveUp()
		return nil
	}
	if isMarker(rest, "-") {
		return &mistake{p.i, "a list item on the line of its key", "write [item, item], or begin the list on the next line"}
	}
	if at := keyEnd(rest); at >= 0 {
		return secondColon(rest[:at-1], p.i+at-1)
	}
	p.plain = true
	p.nextLine()
	return nil
}

// cutOff says of a colon that a prefix stands before it.
func cutOff(before []byte, at int) *mistake {
	if word := lastWord(before); isPrefix(word) {
		return &mistake{at + 1, "a blank after " + word + ":", "write " + word + ":NAME"}
	}
	return nil
}

// secondColon says of a value what the colon after it may mean.
func secondColon(before []byte, at int) *mistake {
	if m := cutOff(before, at); m != nil {
		return m
	}
	hint := "put the value in quotes if the colon belongs to it, or write the inner key on a line of its own"
	if bytes.IndexByte(before, ',') >= 0 {
		hint = "put { and } around keys that share a line, or write each on a line of its own"
	}
	return &mistake{at, "a second colon in one line", hint}
}

// unquotable says of text that begins with a character that means something else in YAML.
func unquotable(text []byte, at int) *mistake {
	switch c := text[0]; c {
	case '@':
		return &mistake{at, "text can't begin with @", "write it without the @, or put the text in quotes"}
	case '`', '%':
		return &mistake{at, fmt.Sprintf("text can't begin with %c", c), "put it in quotes"}
	case ',':
		return &mistake{at, "a comma without a value before it", "remove it, or put the text in quotes"}
	case ']', '}':
		return &mistake{at, fmt.Sprintf("%c closes nothing", c), "remove it, or put the text in quotes"}
	case '*', '&':
		if len(text) == 1 || !inName(text[1]) {
			return &mistake{at, fmt.Sprintf("text can't begin with %c", c), "put it in quotes; list items begin with - and a blank"}
		}
	}
	return nil
}

// inName says whether anchors can have a character in them.
func inName(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '-'
}

// block skips text that begins with | or > and stands on lines of its own.
func (p *proofreader) block() *mistake {
	head := p.rest()
	for i, c := range head {
		if c == '#' && head[i-1] == ' ' {
			break
		}
		if i > 0 && !bytes.ContainsRune([]byte("+- 0123456789"), rune(c)) {
			return &mistake{p.i, fmt.Sprintf("text can't begin with %c", head[0]), "put it in quotes"}
		}
	}
	for p.nextLine(); p.i < len(p.data); p.nextLine() {
		rest := p.rest()
		text := bytes.TrimLeft(rest, " ")
		if len(text) > 0 && len(rest)-len(text) <= p.parent() {
			break
		}
	}
	return nil
}

// keyEnd is where the value begins in a text of one line that begins with a key: after the colon. It is -1 where none does.
func keyEnd(text []byte) int {
	if len(text) == 0 || bytes.IndexByte([]byte("[{|>#"), text[0]) >= 0 {
		return -1
	}
	if text[0] == '"' || text[0] == '\'' {
		i := quoteEnd(text)
		for i < len(text) && text[i] == ' ' {
			i++
		}
		if endsKey(text, i) {
			return i + 1
		}
		return -1
	}
	for i, c := range text {
		switch {
		case endsKey(text, i):
			return i + 1
		case c == '#' && i > 0 && (text[i-1] == ' ' || text[i-1] == '\t'):
			return -1
		}
	}
	return -1
}

// quoteEnd is where a text goes on after the quotes that it begins with, or its length at least.
func quoteEnd(text []byte) int {
	i, quote := 1, text[0]
	for ; i < len(text) && text[i] != quote; i++ {
		if quote == '"' && text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// endsKey says whether there is a colon with a blank or nothing after it.
func endsKey(text []byte, i int) bool {
	return i < len(text) && text[i] == ':' && (i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\t')
}

// giveUp ends reading at a key of several lines, which is told where nothing else is found.
func (p *proofreader) giveUp() {
	p.doubt = &mistake{p.i, fmt.Sprintf("a key or value that is written with %c and a blank", p.data[p.i]), "write `key: value`, or put the text in quotes"}
	p.i = len(p.data)
}

// noKey says of a text that stands where a key has to that it is none.
func noKey(text []byte, at int) *mistake {
	if m := slip(firstLine(text), at); m != nil {
		return m
	}
	return &mistake{at, "a key without a colon", "write `key: value`, or indent the line if it goes on with the text above"}
}
