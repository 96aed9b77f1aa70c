package wps365emu

// rootName is the name of the department that is the tenant itself.
const rootName = "Company"

// dept is a department. No answer shows its mail address, so only those who know it can make it a member.
type dept struct {
	id, externalID, name string
	box                  *mailbox // nil: it has no address
	parent               *dept    // nil: the root
	children             []*dept
	loaded               bool // a seed names it, and not only something below it
}

// path is the names of the departments from the root down.
func (d *dept) path() string {
	if d.parent == nil {
		return d.name
	}
	return d.parent.path() + "/" + d.name
}

func (w *world) addDept(d *dept) {
	d.id = w.idOr(d.id, "d_")
	w.depts = append(w.depts, d)
	if d.parent != nil {
		d.parent.children = append(d.parent.children, d)
	}
}
