package store

import "context"

// Contents is a store that can list what it keeps, for whoever copies or describes it.
type Contents interface {
	// All returns every key with its value.
	All(ctx context.Context) (map[string]string, error)
	// Scopes lists, sorted, the scopes that somebody ever wrote to.
	Scopes(ctx context.Context) ([]string, error)
	// Describe says where the store is and what it takes.
	Describe(ctx context.Context) (Description, error)
}

// Description is where a store is and what it takes.
type Description struct {
	Place   string           `json:"place"`
	Schema  string           `json:"schema,omitempty"`  // of the tables, where it has some
	Version int              `json:"version,omitempty"` // of the schema
	Bytes   int64            `json:"bytes"`
	Rows    map[string]int64 `json:"rows,omitempty"` // of each table
	Notes   []string         `json:"notes,omitempty"`

	Identity string `json:"-"` // the same for one store, by whichever name it is reached
}
