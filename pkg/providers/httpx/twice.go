package httpx

import (
	"bytes"
	"encoding/json"
	"strings"
)

// twice is a name that an object of a JSON text has twice, at any depth, in whatever case: readers go by the first, the last or
// any of them. "" is none, also of what is no JSON.
func twice(data []byte) string {
	if !json.Valid(data) {
		return ""
	}
	var open []map[string]bool // the names so far of each object that is open; of a list nil
	for at := 0; at < len(data); at++ {
		switch data[at] {
		case '{':
			open = append(open, map[string]bool{})
		case '[':
			open = append(open, nil)
		case '}', ']':
			open = open[:len(open)-1]
		case '"':
			end := at + 1
			for ; data[end] != '"'; end++ {
				if data[end] == '\\' {
					end++
				}
			}
			text := data[at : end+1]
			at = end
			if rest := bytes.TrimLeft(data[end+1:], " \t\r\n"); len(rest) == 0 || rest[0] != ':' {
				continue // a value
			}
			name, names := nameOf(text), open[len(open)-1]
			if names[name] {
				return name
			}
			names[name] = true
		}
	}
	return ""
}

func nameOf(text []byte) (name string) {
	_ = json.Unmarshal(text, &name) // it is a text
	return strings.ToLower(name)
}
