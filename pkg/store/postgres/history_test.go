package postgres

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
)

// Where somebody emptied the table that all records go by, nothing that has to be recorded is done.
func TestAHistoryWithoutItsHead(t *testing.T) {
	server := pgtest.Shared(t)
	schema := server.Schema(t)
	s := open(t, server.URL(schema))
	must(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted}, nil))
	_, err := s.Acquire(t.Context(), "x", store.Owner{})
	must(t, err)
	server.Exec(t, "delete from "+schema+".head")
	none := func(func(json.RawMessage, error) bool) {}
	_, verified := s.Verify(t.Context())
	for what, err := range map[string]error{
		"verify":  verified,
		"record":  s.Record(t.Context(), store.Record{Kind: store.RunEnded}, nil),
		"details": s.Record(t.Context(), store.Record{Kind: store.RunEnded}, none),
		"break":   s.Break(t.Context(), "x", store.Owner{}, "it hangs"),
	} {
		if !errors.Is(err, errNoHead) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	if h, err := s.Holders(t.Context()); err != nil || len(h) != 1 {
		t.Errorf("holders %v, %v", h, err)
	}
}
