package alibabacloud

import (
	"github.com/entitlectl/entitlectl/pkg/diff"
)

// Pack makes a call of each change, in their order: the vendor renames or promotes one account a call, and resends one mail. There
// could be no fewer.
func (r *Reader) Pack(changes []diff.Change, _ diff.Allowance, bound bool) diff.Packed {
	var packed diff.Packed
	for i, c := range changes {
		if c.Problem != "" {
			continue
		}
		name := promote.action
		switch {
		case c.Op == diff.OpResend:
			name = resend.action
		case c.Field == settingName:
			name = rename.action
		}
		packed.Calls = append(packed.Calls, diff.Call{Name: name, Changes: []int{i}})
	}
	if bound {
		packed.LowerBound = len(packed.Calls)
	}
	return packed
}

// Shapes are the calls that Pack makes.
func (r *Reader) Shapes() []diff.CallShape {
	return []diff.CallShape{
		{Name: rename.action, Kind: kindAccount, Ops: []diff.Op{diff.OpUpdate}, Changes: 1},
		{Name: promote.action, Kind: kindAccount, Ops: []diff.Op{diff.OpUpdate}, Changes: 1},
		{Name: resend.action, Kind: kindAccount, Ops: []diff.Op{diff.OpResend}, Changes: 1},
	}
}
