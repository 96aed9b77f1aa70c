package huaweicloud

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// folding is which names of the files are others of the directory but for letter case.
type folding struct {
	mode string                        // of caseFold: "true", foldAuto, or anything else for never
	as   map[spec.Subject]spec.Subject // what the files call a subject of the directory
	is   map[spec.Subject]spec.Subject // and back
}

// named is a subject of the directory as the files name it.
func (f folding) named(s spec.Subject) spec.Subject {
	if as, folded := f.as[s]; folded {
		return as
	}
	return s
}

func (f folding) folded(s spec.Subject) bool { return f.is[s].Name != "" }

// foldCase finds whom the files name in another letter case than the directory, and shows what they hold under the name of the files.
// A read-back shows what earlier reads found.
func (r *Reader) foldCase(ctx context.Context, q provider.Query, live *diff.Live) error {
	if r.fold.mode != "true" && r.fold.mode != foldAuto {
		return nil
	}
	r.rename(live)
	if q.ReadBack {
		return nil
	}
	for _, kind := range []spec.SubjectKind{spec.SubjectUser, spec.SubjectUserGroup} {
		if err := r.foldKind(ctx, kind, q, live); err != nil {
			return err
		}
	}
	r.rename(live)
	for s, is := range r.fold.is {
		how := "is " + is.Name + " in the directory"
		if r.fold.mode == foldAuto {
			how = "is " + is.Name + " in the directory, which answers with the one when it is asked for the other"
		}
		live.Notes = append(live.Notes, fmt.Sprintf("%s %s; they are taken for one (caseFold: %s)", s, how, r.fold.mode))
	}
	return nil
}

// nobody is a name that no directory has. One that answers it with somebody does not go by the names that it is asked for, so that its
// answers show nothing.
const nobody = "no-such-name.entitlectl"

// foldKind finds the directory's spellings of users or user groups whom live lacks.
func (r *Reader) foldKind(ctx context.Context, kind spec.SubjectKind, q provider.Query, live *diff.Live) error {
	wanted := slices.DeleteFunc(q.Missing(*live), func(s spec.Subject) bool { return s.Kind != kind || r.fold.folded(s) })
	if len(wanted) == 0 {
		return nil
	}
	known, err := r.directoryOf(ctx, kind, userNames(wanted))
	if err != nil {
		return err
	}
	found, open := spelt(q, wanted, known)
	switch {
	case r.fold.mode == "true" && open:
		if known, err = r.directoryOf(ctx, kind, nil); err != nil {
			return err
		}
		found, _ = spelt(q, wanted, known)
	case r.fold.mode == foldAuto && len(found) > 0:
		if others, err := r.directoryOf(ctx, kind, []string{nobody}); err != nil || len(others) > 0 {
			return err
		}
	}
	for s, u := range found {
		is := subject(kind, u.Name, u.Domain)
		r.fold.as[is], r.fold.is[s] = s, is
		r.seen.directory[s] = account{ID: u.ID, Account: u.Name, Domain: u.Domain, PlatformType: u.platform}
		if kind == spec.SubjectUser {
			r.seen.people[s], r.seen.mails[s] = u.user, mailsTo(u.user)
		}
		live.AddName(s, u.Name, u.ID, u.Email)
	}
	return nil
}

// listed is a user or a user group of the directory.
type listed struct {
	user
	platform string
}

// directoryOf answers with what the directory has by names, asked for them alone, or with all that it has where there are none.
func (r *Reader) directoryOf(ctx context.Context, kind spec.SubjectKind, names []string) (all []listed, err error) {
	var users []user
	var groups []userGroup
	switch isUser := kind == spec.SubjectUser; {
	case isUser && names == nil:
		users, err = whole(ctx, r.api, listUsers, nil, "users", user.key)
	case isUser:
		users, err = r.usersNamed(ctx, names)
	case names == nil:
		groups, err = whole(ctx, r.api, listUserGroups, nil, "user groups", userGroup.key)
	default:
		groups, err = r.userGroupsNamed(ctx, names)
	}
	for _, u := range users {
		all = append(all, listed{user: u})
	}
	for _, g := range groups {
		all = append(all, listed{user{ID: g.ID, Name: g.Name, Domain: g.Domain}, g.PlatformType})
	}
	return all, err
}

// spelt finds of wanted subjects those that the directory has in one other spelling, and not as they are written: nobody else can be
// meant by them. open says whether it has others in no spelling.
func spelt(q provider.Query, wanted []spec.Subject, known []listed) (found map[spec.Subject]listed, open bool) {
	type key struct{ name, domain string }
	by := map[key]map[spec.Subject]listed{}
	for _, u := range known {
		s := subject(wanted[0].Kind, u.Name, u.Domain)
		k := key{strings.ToLower(s.Name), s.Domain}
		if by[k] == nil {
			by[k] = map[spec.Subject]listed{}
		}
		by[k][s] = u
	}
	found = map[spec.Subject]listed{}
	means, inFiles := map[spec.Subject]int{}, inFiles(q.Desired)
	for _, s := range wanted {
		same := by[key{strings.ToLower(s.Name), s.Domain}]
		open = open || len(same) == 0
		if _, exact := same[s]; exact || len(same) != 1 {
			continue
		}
		for is, u := range same {
			if !inFiles(is) {
				found[s] = u
				means[is]++
			}
		}
	}
	maps.DeleteFunc(found, func(s spec.Subject, u listed) bool { return means[subject(s.Kind, u.Name, u.Domain)] > 1 })
	return found, open
}

// inFiles returns what says whether the files name a subject in the directory's own spelling, so that another spelling is somebody
// else.
func inFiles(desired spec.State) func(spec.Subject) bool {
	granted := map[spec.Subject]bool{}
	for g := range desired.Grants.All() {
		granted[g.Subject] = true
	}
	return func(s spec.Subject) bool {
		_, left := desired.Departed[s]
		return left || desired.Known[s] || granted[s]
	}
}

// rename shows grants under the names of the files.
func (r *Reader) rename(live *diff.Live) {
	var others []spec.Grant
	for g := range live.Grants.All() {
		if r.fold.named(g.Subject) != g.Subject {
			others = append(others, g)
		}
	}
	for _, g := range others {
		as := g
		as.Subject = r.fold.named(g.Subject)
		live.Grants.Remove(g)
		live.Grants.Add(as, spec.Origin{})
		if a, held := r.seen.holders.account(g); held {
			r.seen.holders.put(as, a, instantOf(r.seen.holders.since(g)))
		}
		live.AddName(as.Subject, append(live.Names[g.Subject], g.Subject.Name)...)
	}
}
