package huaweicloudemu

import "strings"

// filter accepts the rows that all of some conditions accept; a nil condition accepts all rows, and so does a nil result.
func filter[R any](conditions ...func(R) bool) func(R) bool {
	set := conditions[:0]
	for _, accepts := range conditions {
		if accepts != nil {
			set = append(set, accepts)
		}
	}
	if len(set) == 0 {
		return nil
	}
	return func(row R) bool {
		for _, accepts := range set {
			if !accepts(row) {
				return false
			}
		}
		return true
	}
}

// equals is a condition on a field; a blank value is no condition.
func equals[R any](value string, field func(R) string) func(R) bool {
	return like(true, value, field)
}

// like wants a field to contain a value, or to be equal to it; a blank value is no condition.
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
