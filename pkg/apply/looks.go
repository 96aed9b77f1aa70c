package apply

import (
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/store"
)

func looksKey(connection string) string { return connection + "/looks" }

// readLooks returns what earlier runs saw of mails; nil without a store. With full they count for nothing, and what is seen is kept
// all the same.
func readLooks(kept store.Store, connection string, full bool) *provider.Looks {
	if kept == nil {
		return nil
	}
	text := ""
	if !full {
		text, _ = kept.Get(looksKey(connection))
	}
	return provider.NewLooks(text, time.Now())
}

// keepLooks keeps what this run saw. Where it can't, the next run asks again, which is no reason to fail.
func keepLooks(kept store.Store, connection string, looks *provider.Looks) {
	if kept == nil {
		return
	}
	before, _ := kept.Get(looksKey(connection))
	if text, changed := looks.Merge(before); changed {
		_ = kept.Put(looksKey(connection), text)
	}
}

// readingDone is what is told of a reading that went by looks.
func readingDone(connection string, looks *provider.Looks) ReadingDone {
	n, since := looks.Spared()
	return ReadingDone{connection, n, since}
}
