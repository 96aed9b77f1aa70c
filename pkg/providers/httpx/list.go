package httpx

// listTries is how often a list that changes while it is read is begun again.
const listTries = 3

// Steady reads a list until it holds still. once reads it from its first page on and says in broken why what it read is not
// the whole list; the last time toEnd asks it to read on all the same. Where the list never holds still, broken is what the
// last time said, and the rows are all that any time saw, by their key: one that is missing would be granted again, and its
// holder mailed again.
func Steady[T any, K comparable](key func(T) K, once func(toEnd bool) (rows []T, broken string, err error)) (all []T, broken string, err error) {
	at := map[K]int{} // row, to its place in all
	for try := 1; try <= listTries; try++ {
		var rows []T
		rows, broken, err = once(try == listTries)
		if err != nil || broken == "" {
			return rows, broken, err
		}
		for _, row := range rows {
			if i, known := at[key(row)]; known {
				all[i] = row
				continue
			}
			at[key(row)] = len(all)
			all = append(all, row)
		}
	}
	return all, broken, nil
}
