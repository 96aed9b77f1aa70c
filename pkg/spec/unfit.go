package spec

// Unfit are the listed resources whose names the vendor takes for no new one, sorted by position. Whether they exist already only
// live can tell.
func (s *Spec) Unfit() []*Error {
	var found problems
	for _, r := range s.resources {
		if r.schema.Names == nil || r.Absent || r.Ownership == Ignored {
			continue
		}
		if wants := r.schema.Names(r.name); wants != "" {
			found.reject(r.Source, "rename it, unless it exists under this name", "the vendor takes no new %s named %s: it wants %s",
				r.schema.Kind.words(), quoted(r.name), wants)
		}
	}
	return found.sorted()
}
