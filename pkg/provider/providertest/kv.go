package providertest

import (
	"errors"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// KV outlives a client, and may be full.
type KV struct {
	store.KV // for PutAll, which no provider asks for
	Values   map[string]string
	Full     bool
	Kept     []string // KEY=VALUE, of every Put that was taken
}

// NewKV returns an empty KV.
func NewKV() *KV { return &KV{Values: map[string]string{}} }

// Get returns a value.
func (m *KV) Get(key string) (string, bool) { v, ok := m.Values[key]; return v, ok }

// Put keeps a value, unless the KV is full.
func (m *KV) Put(key, value string) error {
	if m.Full {
		return errors.New("the disk is full")
	}
	m.Values[key] = value
	m.Kept = append(m.Kept, key+"="+value)
	return nil
}
