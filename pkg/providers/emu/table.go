package emu

import "time"

// Table is a [List] of rows that have ids: the list is what reads show, the ids lead to what is true now. The two differ while
// a write lags. Rows do not change: a changed one replaces the old. The zero value is an empty table; it may not be used
// concurrently.
type Table[R Row] struct {
	List[R]
	byID map[string]R
}

// Get returns the row with an id as it is, whatever reads still show; nil if there is none.
func (t *Table[R]) Get(id string) R { return t.byID[id] }

// Put stores a row under an id, in the place of the row that has it. The row may be a changed copy of the old one.
func (t *Table[R]) Put(id string, row R, at time.Time) {
	*row.life() = Life{id: id}
	var none R
	if old := t.byID[id]; old != none {
		t.Replace(old, row, at)
	} else {
		t.Add(row, at)
	}
	if t.byID == nil {
		t.byID = map[string]R{}
	}
	t.byID[id] = row
}

// Drop takes the row with an id out, if there is one.
func (t *Table[R]) Drop(id string, at time.Time) {
	var none R
	if row := t.byID[id]; row != none {
		delete(t.byID, id)
		t.Remove(row, at)
	}
}

// Rename gives the row with an id, which must be there, another one.
func (t *Table[R]) Rename(id, to string) {
	row := t.byID[id]
	delete(t.byID, id)
	row.life().id = to
	t.byID[to] = row
}

// Seen returns the row with an id as reads show it; nil if they show none.
func (t *Table[R]) Seen(id string, now time.Time) R {
	var none R
	if row := t.byID[id]; row != none && row.life().Visible(now) {
		return row
	}
	for _, row := range t.rows {
		if life := row.life(); life.id == id && life.Visible(now) {
			return row
		}
	}
	return none
}
