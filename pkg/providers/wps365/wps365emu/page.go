package wps365emu

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"maps"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// maxPage is the most rows of a page; the vendor states none.
const maxPage = 100

// listing is one page on the wire.
type listing[V any] struct {
	Items []V     `json:"items"`
	Next  *string `json:"next_page_token,omitempty"` // absent or empty on the last page
	Total *int    `json:"total,omitempty"`           // where with_total asks for it
}

// page answers with one page of a list. If the parameters are good it calls fetch, which returns at most limit rows from offset on,
// and how many there are in all.
func page[V any](w *world, c *call, fetch func(offset, limit int) ([]V, int, error)) (any, error) {
	if c.Get("page_size") == "" {
		c.Wrong(emu.Missing, "page_size", "is missing")
	}
	limit, withTotal, token := c.Number("page_size", 0, 1, maxPage), c.Flag("with_total"), c.Get("page_token")
	offset := c.offset(token)
	if c.Err != nil {
		return nil, c.Err
	}
	items, total, err := fetch(offset, limit)
	if err != nil {
		return nil, err
	}
	out := listing[V]{Items: items}
	if withTotal != nil && *withTotal {
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

// pageToken is the offset of a page, good only for the same path and parameters. It has letters that a query must escape.
func (c *call) pageToken(offset int) string {
	at := binary.BigEndian.AppendUint32(nil, uint32(offset))
	others := maps.Clone(c.Query)
	delete(others, "page_token")
	sum := sha256.Sum256(append(at, c.path+"?"+others.Encode()...))
	return base64.StdEncoding.EncodeToString(append(at, sum[:9]...))
}

// offset is the inverse of pageToken; no token is the beginning.
func (c *call) offset(token string) int {
	if token == "" {
		return 0
	}
	data, err := base64.StdEncoding.DecodeString(token)
	if err == nil && len(data) > 4 {
		if offset := int(binary.BigEndian.Uint32(data)); c.pageToken(offset) == token {
			return offset
		}
	}
	c.Wrong(emu.BadValue, "page_token", "is not of this list")
	return 0
}
