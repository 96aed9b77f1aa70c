package wps365

import (
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// call is a request that changes something.
type call struct {
	name string // its path, without version and id
	op   diff.Op
	role spec.Role // grant, revoke
	most int       // changes that it carries, all of one mail group
	word string    // of experimental; "": it is documented
}

// calls lists them. How many entries a batch takes is that of mail contacts.
var calls = []call{
	{"mail_groups", diff.OpCreate, "", 1, ""},
	{"mail_groups/update", diff.OpUpdate, "", 3, wordUpdate}, // name, owner and who may send
	{"mail_groups/members/batch_create", diff.OpGrant, spec.RoleMember, 100, wordMembers},
	{"mail_groups/accepted_senders/batch_create", diff.OpGrant, roleSender, 100, wordSenders},
	{"mail_groups/members/batch_delete", diff.OpRevoke, spec.RoleMember, 100, wordMembers},
	{"mail_groups/accepted_senders/batch_delete", diff.OpRevoke, roleSender, 100, wordSenders},
	{"mail_groups/delete", diff.OpDelete, "", 1, wordDelete},
}

// callFor is the call that carries a change; one of no name where there is none, which Do refuses.
func callFor(c diff.Change) call {
	for _, k := range calls {
		if k.op == c.Op && k.role == c.Role {
			return k
		}
	}
	return call{most: 1}
}

// Pack distributes changes over calls in their own order, which is that of execution. A call is about one mail group, so
// each takes as many changes of its group as it can, and no packing has fewer.
func (r *Reader) Pack(changes []diff.Change, _ diff.Allowance, bound bool) diff.Packed {
	var packed diff.Packed
	for i, c := range changes {
		if c.Problem != "" {
			continue
		}
		k, last := callFor(c), len(packed.Calls)-1
		if last >= 0 {
			open := &packed.Calls[last]
			if open.Name == k.name && changes[open.Changes[0]].Resource == c.Resource && len(open.Changes) < k.most {
				open.Changes = append(open.Changes, i)
				continue
			}
		}
		packed.Calls = append(packed.Calls, diff.Call{Name: k.name, Changes: []int{i}})
	}
	if bound {
		packed.LowerBound = len(packed.Calls)
	}
	return packed
}

// Shapes are the calls that Pack makes.
func (r *Reader) Shapes() []diff.CallShape {
	return spec.Each(calls, func(k call) diff.CallShape {
		return diff.CallShape{Name: k.name, Kind: kindMailGroup, Role: k.role, Ops: []diff.Op{k.op}, Resources: 1, Changes: k.most}
	})
}
