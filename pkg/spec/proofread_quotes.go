package spec

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// quoted reads text in quotes, maybe over several lines.
func (p *proofreader) quoted() *mistake {
	start, quote, margin := p.i, p.data[p.i], -1
	for p.i++; p.i < len(p.data); p.i++ {
		switch c := p.data[p.i]; {
		case c == quote && quote == '\'' && p.i+1 < len(p.data) && p.data[p.i+1] == '\'':
			p.i++ // two stand for one
		case c == quote:
			p.i++
			return nil
		case c == '\\' && quote == '"':
			if m := p.escape(); m != nil {
				return m
			}
		case c == '\n':
			if margin < 0 {
				margin = p.margin(start)
			}
			if p.lineOfOurs(margin) {
				return unclosedQuote(start, quote)
			}
		}
	}
	return unclosedQuote(start, quote)
}

// quotedWhole reads quotes that nothing but an end may follow.
func (p *proofreader) quotedWhole() *mistake {
	start := p.i
	if m := p.quoted(); m != nil {
		return m
	}
	return p.garbled(start)
}

func unclosedQuote(at int, quote byte) *mistake {
	return &mistake{at, fmt.Sprintf("the quote %c is not closed", quote), "close it at the end of the text"}
}

// margin is where the entry begins in the line of a byte.
func (p *proofreader) margin(at int) int {
	line := p.data[at-p.columnOf(at) : at]
	text := bytes.TrimLeft(line, " ")
	margin := len(line) - len(text)
	if bytes.HasPrefix(text, []byte("- ")) {
		margin += len("- ")
	}
	return margin
}

// lineOfOurs says whether the line after this end of a line looks like an entry no further right than a margin, so that what was opened
// there was not meant to go on.
func (p *proofreader) lineOfOurs(margin int) bool {
	line := firstLine(p.data[p.i+1:])
	text := bytes.TrimLeft(line, " ")
	if len(text) == 0 {
		return false
	}
	if isMarker(text, "-") {
		return true
	}
	return len(line)-len(text) <= margin && text[0] != '"' && text[0] != '\'' && keyEnd(text) >= 0
}

// escape reads what follows a backslash in double quotes, up to its last character.
func (p *proofreader) escape() *mistake {
	at := p.i
	p.i++
	if p.i == len(p.data) {
		return nil
	}
	c := p.data[p.i]
	digits := escapeDigits(c)
	switch {
	case digits == 0 && bytes.IndexByte([]byte("0abt\tnvfre \"/\\N_LP\n\r"), c) < 0:
		r, _ := utf8.DecodeRune(p.data[p.i:])
		return &mistake{at, fmt.Sprintf(`\%c means nothing in double quotes`, r), `write \\ for a backslash, or use single quotes`}
	case digits == 0:
		return nil
	}
	r, ok := hexadecimal(p.data[p.i+1:], digits)
	if !ok {
		return &mistake{at, fmt.Sprintf(`\%c without %d hexadecimal digits`, c, digits), `write \\ for a backslash, or use single quotes`}
	}
	p.i += digits
	switch {
	case r >= 0xd800 && r < 0xdc00 && digits == 4 && bytes.HasPrefix(p.data[p.i+1:], []byte(`\u`)):
		if low, ok := hexadecimal(p.data[p.i+3:], digits); ok && low >= 0xdc00 && low < 0xe000 {
			p.halves = append(p.halves, at)
			p.i += len(`\uffff`)
			return nil
		}
		fallthrough
	case r >= 0xd800 && r < 0xe000:
		return &mistake{at, "half of a surrogate pair, which is no character", "write the character itself"}
	case r > utf8.MaxRune:
		return &mistake{at, fmt.Sprintf("there is no character with the number 0x%x", r), `write \\ for a backslash, or use single quotes`}
	}
	return nil
}

// escapeDigits is how many hexadecimal digits belong to an escape that begins with a backslash and this byte.
func escapeDigits(c byte) int { return map[byte]int{'x': 2, 'u': 4, 'U': 8}[c] }

// hexadecimal reads a number of as many hexadecimal digits.
func hexadecimal(text []byte, digits int) (uint64, bool) {
	if len(text) < digits {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[:digits]), 16, 32)
	return n, err == nil
}

const (
	pairWidth = len(`\ud83e\udd84`)
	narrower  = pairWidth - len(`\U0001f984`) // what a character takes less than its surrogate pair
)

// joinHalves writes each surrogate pair as the one character that it stands for.
func joinHalves(data []byte, halves []int) []byte {
	joined, from := make([]byte, 0, len(data)), 0
	for _, at := range halves {
		high, _ := hexadecimal(data[at+2:], 4)
		low, _ := hexadecimal(data[at+8:], 4)
		joined = append(joined, data[from:at]...)
		joined = fmt.Appendf(joined, `\U%08x`, 0x10000+(high-0xd800)<<10+(low-0xdc00))
		from = at + pairWidth
	}
	return append(joined, data[from:]...)
}

// afterQuote reads what follows a value in quotes that began at start.
func (p *proofreader) afterQuote(start int) *mistake {
	end := p.i
	if p.blanks(); !p.lineEnds() {
		if p.data[p.i] == ':' {
			return &mistake{p.i, "a second colon in one line", "put all of the value in quotes if the colon belongs to it"}
		}
		return p.surplus(start, end)
	}
	p.nextLine()
	return nil
}

// garbled says that quotes end in the middle of a text.
func (p *proofreader) garbled(start int) *mistake {
	if p.i == len(p.data) || bytes.IndexByte([]byte(" \t\r\n,:]}#"), p.data[p.i]) >= 0 {
		return nil
	}
	return p.surplus(start, p.i)
}

func (p *proofreader) surplus(start, end int) *mistake {
	if bytes.IndexByte(p.data[start:end], '\n') >= 0 {
		return unclosedQuote(start, p.data[start])
	}
	hint := `write \" for a quote within the text, and close it at its end`
	if p.data[start] == '\'' {
		hint = "write '' for a quote within the text, and close it at its end"
	}
	return &mistake{p.i, "text after the closing quote", hint}
}
