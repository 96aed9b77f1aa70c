package store

import "slices"

// InDoubt merges the entries of each call into one and drops the settled ones. It may be given what it returned before, with
// more entries behind: the result is the same as for all of them at once.
func InDoubt(entries []Entry) []Entry {
	type call struct {
		run    string
		number int
	}
	open := map[call]int{} // index in calls
	var calls []Entry
	for _, entry := range entries {
		key := call{entry.Run, entry.Call}
		if i, known := open[key]; known {
			if len(entry.Changes) == 0 {
				entry.Changes = calls[i].Changes
			}
			calls[i] = entry
		} else {
			open[key] = len(calls)
			calls = append(calls, entry)
		}
		if entry.State == Settled {
			delete(open, key)
		}
	}
	return slices.DeleteFunc(calls, func(e Entry) bool { return e.State == Settled })
}
