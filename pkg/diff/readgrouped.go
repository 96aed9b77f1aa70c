package diff

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// rows are a table that was read.
type rows[T any] struct {
	rows []T
	next int // the first that no group had yet
}

func readTable[T any](in *planReader, key string, t *rows[T]) error {
	return readList(in, key, &t.rows, placed("row", func() (T, error) { return decode[T](in) }))
}

// at returns the row at a place. It refuses one that the table does not have, and one that comes before those in front of it.
func (t *rows[T]) at(what string, place int) (row T, err error) {
	switch {
	case place < 0 || place >= len(t.rows):
		return row, fmt.Errorf("it refers to %s %d of a table of %d", what, place, len(t.rows))
	case place > t.next:
		return row, fmt.Errorf("it refers to %s %d before %s %d, which has to come first", what, place, what, t.next)
	case place == t.next:
		t.next++
	}
	return t.rows[place], nil
}

// used refuses rows that no group refers to.
func (t *rows[T]) used(what string) error {
	if t.next < len(t.rows) {
		return fmt.Errorf("no group refers to %s %d", what, t.next)
	}
	return nil
}

// groupReader makes changes of groups.
type groupReader struct {
	subjects rows[who]
	sources  rows[string]
	vias     rows[spec.Via]
}

// read reads all groups of a connection.
func (t *groupReader) read(in *planReader, part *ConnectionPlan) error {
	var groups []struct{} // of them nothing is kept
	part.Changes = []Change{}
	return readList(in, "groups", &groups, placed("group", func() (none struct{}, err error) {
		g, err := decode[group](in)
		if err != nil {
			return none, err
		}
		begin := len(part.Changes)
		if err := t.expand(g, part); err != nil {
			return none, err
		}
		if begin > 0 && groupEnd(part.Changes, begin-1) > begin {
			return none, errors.New("it goes on with what the group before it has, and belongs in it")
		}
		return none, nil
	}))
}

// expand adds the changes of a group. Of each list it goes through all places before those of the next, as they were given.
func (t *groupReader) expand(g group, part *ConnectionPlan) error {
	c, err := g.change()
	if err != nil {
		return err
	}
	if len(g.Subjects) == 0 {
		part.Changes = append(part.Changes, c)
		return nil
	}
	begin := len(part.Changes)
	for _, place := range g.Subjects {
		row, err := t.subjects.at("subject", place)
		if err != nil {
			return err
		}
		c.Subject, c.Person = row.Subject, row.Person
		part.Changes = append(part.Changes, c)
	}
	changes := part.Changes[begin:]
	return cmp.Or(spread(changes, "source", g.Sources, &t.sources, func(c *Change) *string { return &c.Source }),
		spread(changes, "via", g.Vias, &t.vias, func(c *Change) *spec.Via { return &c.Via }),
		spread(changes, "source", g.Were, &t.sources, func(c *Change) *string { return &c.Was }))
}

// spread gives each change of a group what a list of places says.
func spread[T comparable](changes []Change, what string, places []int, from *rows[T], of func(*Change) *T) (err error) {
	if len(places) == 0 {
		return nil
	}
	var none T
	if len(places) != len(changes) || *of(&changes[0]) != none {
		return fmt.Errorf("it has %d subjects and %d %ss; each subject has one, or all have the same", len(changes), len(places), what)
	}
	for i, place := range places {
		if *of(&changes[i]), err = from.at(what, place); err != nil {
			return err
		}
	}
	return nil
}

// check refuses rows of tables that no group refers to.
func (t *groupReader) check() error {
	return cmp.Or(t.subjects.used("subject"), t.sources.used("source"), t.vias.used("via"))
}
