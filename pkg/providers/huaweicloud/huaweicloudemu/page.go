package huaweicloudemu

import (
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// page answers with one page of the rows that all conditions accept, in the order that the options ask for. A nil condition accepts
// every row.
func page[R emu.Row, V any](w *world, c *call, l *emu.List[R], total, rows string, view func(R) V, conditions ...func(R) bool) (any, error) {
	if c.Err != nil {
		return nil, c.Err
	}
	keep := allOf(conditions)
	part, n := l.Page(w.Now, c.offset, c.limit, keep)
	if w.opts.NewestFirst {
		all, _ := l.Page(w.Now, 0, -1, keep)
		part = slices.Clone(all)
		slices.Reverse(part)
		part = emu.Cut(part, c.offset, c.limit)
	}
	return map[string]any{total: n, rows: emu.Views(part, view)}, nil
}

func allOf[R any](conditions []func(R) bool) func(R) bool {
	conditions = slices.DeleteFunc(conditions, func(accepts func(R) bool) bool { return accepts == nil })
	if len(conditions) == 0 {
		return nil
	}
	return func(row R) bool {
		return !slices.ContainsFunc(conditions, func(accepts func(R) bool) bool { return !accepts(row) })
	}
}

// given is a condition if it was asked for, else nil.
func given[R any](asked bool, accepts func(R) bool) func(R) bool {
	if !asked {
		return nil
	}
	return accepts
}

// equals wants a field to be equal to a value. A blank value is no condition.
func equals[R any](value string, field func(R) string) func(R) bool {
	return like(true, value, field)
}

// like wants a field to contain a value, or to be equal to it if exact. A blank value is no condition.
func like[R any](exact bool, value string, field func(R) string) func(R) bool {
	switch {
	case value == "":
		return nil
	case exact:
		return func(row R) bool { return field(row) == value }
	default:
		return func(row R) bool { return strings.Contains(field(row), value) }
	}
}
