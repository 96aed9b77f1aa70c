package wps365emu

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"maps"
)

// maxPage is the most rows of a page; the vendor states none.
const maxPage = 100

// listing is one page on the wire.
type listing[V any] struct {
	Items []V     `json:"items"`
	Next  *string `json:"next_page_token,omitempty"` // absent or empty on the last page
	Total *int    `json:"total,omitempty"`           // where with_total asks for it
}

// page answers a list call; fetch, which is asked once the parameters are found good, returns the rows from offset on, at most
// limit of them, and how many there are in all.
func page[V any](w *world, c *call, f *form, fetch func(offset, limit int) ([]V, int, error)) (any, error) {
	limit := f.number(c.query, "page_size", 1, maxPage)
	withTotal := f.flag(c.query, "with_total")
	token := c.query.Get("page_token")
	offset := 0
	if token != "" {
		offset = c.offset(f, token)
	}
	if f.err != nil {
		return nil, f.err
	}
	items, total, err := fetch(offset, limit)
	if err != nil {
		return nil, err
	}
	out := listing[V]{Items: items}
	if withTotal {
		out.Total = &total
	}
	next := ""
	if end := offset + len(items); end < total {
		if w.opts.OverlapPages && len(items) > 1 {
			end--
		}
		next = c.pageToken(end)
	}
	if w.opts.StuckPages && token != "" {
		next = token
	}
	if next == "" {
		w.lastPages++
	}
	if next != "" || w.lastPages%2 == 0 { // both ways of ending a list are documented
		out.Next = &next
	}
	return out, nil
}

// pageToken is the offset of a page, bound to the path and all other parameters, in letters that a query must escape.
func (c *call) pageToken(offset int) string {
	at := binary.BigEndian.AppendUint32(nil, uint32(offset))
	others := maps.Clone(c.query)
	delete(others, "page_token")
	sum := sha256.Sum256(append(at, c.path+"?"+others.Encode()...))
	return base64.StdEncoding.EncodeToString(append(at, sum[:9]...))
}

func (c *call) offset(f *form, token string) int {
	data, err := base64.StdEncoding.DecodeString(token)
	if err == nil && len(data) > 4 {
		if offset := int(binary.BigEndian.Uint32(data)); c.pageToken(offset) == token {
			return offset
		}
	}
	f.fail(badValue, "page_token: is not of this list")
	return 0
}

// cut is a page of rows that do not change, each as the wire shows it.
func cut[R, V any](rows []R, offset, limit int, view func(R) V) ([]V, int, error) {
	total := len(rows)
	rows = rows[min(offset, total):]
	rows = rows[:min(limit, len(rows))]
	return views(rows, view), total, nil
}

func views[R, V any](rows []R, view func(R) V) []V {
	out := make([]V, 0, len(rows))
	for _, row := range rows {
		out = append(out, view(row))
	}
	return out
}
