package engine

// Engine keeps what outlives a run. It is safe for use from several goroutines and several processes at once.
type Engine interface {
	// Recall returns what was kept last under the key. A key never kept, or one whose record was damaged, is not ok.
	Recall(key string) (value string, ok bool)
	// Keep is durable when it returns nil: a crash right after does not lose it. After an error the former value holds.
	Keep(key, value string) error
	// Close gives back what the engine holds of the system. Nothing is lost without it.
	Close() error
}
