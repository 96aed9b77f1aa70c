package wps365emu

import "slices"

// rootName is what the tenant itself is called as a department.
const rootName = "Company"

// dept is a department. Its mail address is in no answer about departments: only who knows it can make it a member.
type dept struct {
	id, externalID, name string
	box                  *mailbox // nil: it has no address
	parent               *dept    // nil: the root
	children             []*dept
	made                 int64
	sown                 bool // a seed names it, and not only something below it
}

// deptView is a department on the wire.
type deptView struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Path       string `json:"abs_path"`
	Parent     string `json:"parent_id"`
	ExternalID string `json:"ex_dept_id"`
	Order      int    `json:"order"`
	Made       int64  `json:"ctime"`
	Leaders    []any  `json:"leaders"`
}

func (d *dept) view() deptView {
	out := deptView{ID: d.id, Name: d.name, Path: d.path(), Parent: "0", ExternalID: d.externalID, Made: d.made, Leaders: []any{}}
	if d.parent != nil {
		out.Parent, out.Order = d.parent.id, slices.Index(d.parent.children, d)
	}
	return out
}

// path is the names from the root down.
func (d *dept) path() string {
	if d.parent == nil {
		return d.name
	}
	return d.parent.path() + "/" + d.name
}

// within says whether a department is another, or somewhere below it.
func (d *dept) within(top *dept) bool {
	for ; d != nil; d = d.parent {
		if d == top {
			return true
		}
	}
	return false
}

func (w *world) addDept(d *dept) {
	d.id, d.made = w.newID("d_"), w.now.Unix()
	w.deptByID[d.id] = d
	w.depts = append(w.depts, d)
	if d.parent != nil {
		d.parent.children = append(d.parent.children, d)
	}
}

func (w *world) rootDept(*call) (any, error) { return w.depts[0].view(), nil }

func (w *world) listSubdepts(c *call) (any, error) {
	return page(w, c, new(form), contactSizes, func(offset, limit int) ([]deptView, int, error) {
		d := w.deptByID[c.vars[0]]
		if d == nil {
			return nil, 0, errNoDept
		}
		return cut(d.children, offset, limit, (*dept).view)
	})
}

func (w *world) deptsByID(c *call) (any, error) {
	var in struct {
		IDs []string `json:"dept_ids"`
	}
	var f form
	f.body(c.body, &in)
	return w.pickDepts(&f, "dept_ids", in.IDs, func(d *dept) string { return d.id })
}

func (w *world) deptsByExternalID(c *call) (any, error) {
	var in struct {
		IDs []string `json:"ex_dept_ids"`
	}
	var f form
	f.body(c.body, &in)
	return w.pickDepts(&f, "ex_dept_ids", in.IDs, func(d *dept) string { return d.externalID })
}

func (w *world) pickDepts(f *form, name string, wanted []string, key func(*dept) string) (any, error) {
	if len(wanted) == 0 {
		f.fail(badFormat, "%s: is missing", name)
	}
	if f.err != nil {
		return nil, f.err
	}
	found := []deptView{}
	for _, d := range w.depts {
		if key(d) != "" && slices.Contains(wanted, key(d)) {
			found = append(found, d.view())
		}
	}
	return listing[deptView]{Items: found}, nil
}

// deptMember is a user in a department on the wire.
type deptMember struct {
	UserID  string    `json:"user_id"`
	DeptID  string    `json:"dept_id"`
	Leader  bool      `json:"is_leader"`
	Order   int       `json:"order"`
	Made    int64     `json:"ctime"`
	Changed int64     `json:"mtime"`
	User    *userView `json:"user_info,omitempty"` // where with_user_detail asks for it
}

func (w *world) listDeptMembers(c *call) (any, error) {
	var f form
	statuses := f.statuses(c.query["status"])
	recursive, detail := f.flag(c.query, "recursive"), f.flag(c.query, "with_user_detail")
	view := viewUser(c, false)
	return page(w, c, &f, contactSizes, func(offset, limit int) ([]deptMember, int, error) {
		top := w.deptByID[c.vars[0]]
		if top == nil {
			return nil, 0, errNoDept
		}
		var found []deptMember
		for _, u := range w.contacts(statuses, func(*user) bool { return true }) {
			for _, d := range u.depts {
				if d == top || recursive && d.within(top) {
					found = append(found, deptMember{UserID: u.id, DeptID: d.id, Made: u.made, Changed: u.made})
				}
			}
		}
		return cut(found, offset, limit, func(m deptMember) deptMember {
			if detail {
				user := view(w.userByID[m.UserID])
				m.User = &user
			}
			return m
		})
	})
}
