package huaweicloud

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/providers/pack"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Writer is a Reader that can also carry calls out. Calls may run side by side.
type Writer struct{ *Reader }

// NewWriter opens a connection for reading and writing. It sends nothing.
func NewWriter(conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (provider.Target, error) {
	r, err := open(conn, secrets, env)
	if err != nil {
		return nil, err
	}
	return &Writer{Reader: r}, nil
}

// Do sends one call of those that Pack made. b2 and d3 also answer with success when an account does not exist, and then
// leave it out: only a read tells.
func (w *Writer) Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error {
	body, err := w.body(name, changes)
	if err != nil {
		return err
	}
	if name == callUpdate || name == callRename {
		id, err := w.idOf(changes[0])
		if err != nil {
			return err
		}
		return w.api.send(ctx, name, id, body, nil, begin)
	}
	if name != callCreate {
		return w.api.send(ctx, name, "", body, nil, begin)
	}
	var made appGroup
	if err := w.api.send(ctx, name, "", body, &made, begin); err != nil {
		return err
	}
	if made.ID == "" {
		return fmt.Errorf("the vendor made app group %q but gave no id", changes[0].Resource)
	}
	w.created.Store(changes[0].Resource, made.ID)
	return nil
}

// body is what a call sends.
func (w *Writer) body(name string, changes []diff.Change) (any, error) {
	switch name {
	case callCreate: // a2
		if len(changes) != 1 {
			return nil, provider.Bug("%d app groups in one call that creates one", len(changes))
		}
		fields := map[string]string{"name": changes[0].Resource}
		for key, value := range changes[0].Settings.All() {
			fields[settingFields[key]] = value
		}
		return fields, nil
	case callUpdate: // a4
		if len(changes) != 1 || settingFields[changes[0].Field] == "" || changes[0].Field == settingType {
			return nil, provider.Bug("an app group can't be updated by %d changes, of %q", len(changes), changes[0].Field)
		}
		return map[string]string{settingFields[changes[0].Field]: changes[0].To}, nil
	case callRename: // d, update an app
		if len(changes) != 1 || !renames(changes[0]) {
			return nil, provider.Bug("an app can't be renamed by %d changes, of %q", len(changes), changes[0].Field)
		}
		return map[string]string{settingFields[settingName]: changes[0].To}, nil
	case callGrant, callRevoke:
		return w.authorize(changes)
	case callAssign:
		return w.assign(changes)
	case callResend:
		return w.resend(changes)
	case callDelete:
		return w.delete(changes)
	}
	return nil, provider.Bug("there is no call %q", name)
}

// authorize adds (b2) or removes (b3) accounts.
func (w *Writer) authorize(changes []diff.Change) (body authorize, err error) {
	groups, subjects, err := product(changes, groupCaps)
	if err != nil {
		return body, err
	}
	for _, group := range groups {
		id, err := w.appGroupID(group)
		if err != nil {
			return body, err
		}
		body.AppGroupIDs = append(body.AppGroupIDs, id)
	}
	for _, s := range subjects {
		a, err := w.account(changes, s, groups)
		if err != nil {
			return body, err
		}
		body.Accounts = append(body.Accounts, a)
	}
	return body, nil
}

// assign sets the mode of apps and adds and removes accounts (d3).
func (w *Writer) assign(changes []diff.Change) (assign, error) {
	byOp := map[diff.Op][]diff.Change{}
	for _, c := range changes {
		byOp[c.Op] = append(byOp[c.Op], c)
	}
	body := assign{AuthorizationType: modeAssigned}
	apps := map[string]bool{}
	for _, c := range byOp[diff.OpUpdate] {
		apps[c.Resource] = true
		if c.To == audienceEveryone {
			body.AuthorizationType = modeEveryone
		}
	}
	for _, op := range []diff.Op{diff.OpGrant, diff.OpRevoke} {
		if err := w.assignLane(op, byOp[op], apps, &body); err != nil {
			return body, err
		}
	}
	if len(apps) > appCaps.Resources || body.AuthorizationType == modeEveryone && len(byOp) > 1 {
		return body, provider.Bug("a call on apps mixes modes or lists too many apps")
	}
	for _, app := range slices.Sorted(maps.Keys(apps)) {
		id, err := w.appID(app)
		if err != nil {
			return body, err
		}
		body.AppIDs = append(body.AppIDs, id)
	}
	return body, nil
}

// assignLane adds the accounts that the changes of one op name to the body, and checks that they are on all its apps.
func (w *Writer) assignLane(op diff.Op, changes []diff.Change, apps map[string]bool, body *assign) error {
	if len(changes) == 0 {
		return nil
	}
	names, subjects, err := product(changes, appCaps)
	if err != nil {
		return err
	}
	for _, name := range names {
		apps[name] = true
	}
	if len(names) != len(apps) {
		return provider.Bug("a call on apps would touch pairs that the plan does not name")
	}
	for _, s := range subjects {
		a, err := w.account(changes, s, names)
		if err != nil {
			return err
		}
		if op == diff.OpGrant {
			body.Users = append(body.Users, a)
		} else {
			body.DelUsers = append(body.DelUsers, a)
		}
	}
	return nil
}

// delete removes app groups (a6).
func (w *Writer) delete(changes []diff.Change) (map[string][]string, error) {
	var ids []string
	for _, c := range changes {
		id, err := w.appGroupID(c.Resource)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return map[string][]string{"ids": ids}, nil
}

// product returns the resources and subjects of changes, sorted, and fails unless the changes are exactly all pairs of
// them and within the caps: the vendor would act on every pair.
func product(changes []diff.Change, caps pack.Caps) ([]string, []spec.Subject, error) {
	type pair struct {
		resource string
		subject  spec.Subject
	}
	pairs, resources, subjects := map[pair]bool{}, map[string]bool{}, map[spec.Subject]bool{}
	for _, c := range changes {
		pairs[pair{c.Resource, c.Subject}] = true
		resources[c.Resource], subjects[c.Subject] = true, true
	}
	if len(pairs) != len(resources)*len(subjects) || len(resources) > caps.Resources || len(subjects) > caps.Subjects {
		return nil, nil, provider.Bug("a call of %d resources x %d subjects would carry %d changes", len(resources), len(subjects), len(pairs))
	}
	return slices.Sorted(maps.Keys(resources)), slices.SortedFunc(maps.Keys(subjects), spec.Subject.Compare), nil
}

// idOf is the id of what a change is on.
func (w *Writer) idOf(c diff.Change) (string, error) {
	if c.Kind == kindApp {
		return w.appID(c.Resource)
	}
	return w.appGroupID(c.Resource)
}

func (w *Writer) appID(name string) (string, error) {
	if id, known := w.seen.apps[name]; known {
		return id, nil
	}
	return "", provider.Bug("the id of app %q is not known", name)
}

func (w *Writer) appGroupID(name string) (string, error) {
	if id, ok := w.seen.appGroups[name]; ok {
		return id, nil
	}
	if id, ok := w.created.Load(name); ok {
		return id.(string), nil
	}
	return "", provider.Bug("the id of app group %q is not known", name)
}

// account names a subject of changes of one op the way a body does: for a removal with everything that live showed, since what
// the vendor matches by is not documented; else with what the directory and the change say. Ids are for app groups only.
func (w *Writer) account(changes []diff.Change, s spec.Subject, on []string) (account, error) {
	a, known := w.seen.directory[s]
	op, kind := changes[0].Op, changes[0].Kind
	if op == diff.OpRevoke {
		a, known = w.holder(s, kind, on)
	}
	if !known {
		return account{}, provider.Bug("the account of %s is not known", s)
	}
	a.AccountType = typeUser
	switch {
	case s.Kind == spec.SubjectUserGroup:
		a.AccountType = typeUserGroup
	case kind == kindApp:
		a.AccountType = typeSimple
	}
	a.Domain = cmp.Or(a.Domain, s.Domain)
	if op == diff.OpGrant {
		its := changes[slices.IndexFunc(changes, func(c diff.Change) bool { return c.Subject == s })]
		a.PlatformType = cmp.Or(its.Settings.Get(spec.KeyPlatform), a.PlatformType)
	}
	if kind == kindApp {
		a.ID = ""
	}
	if !platforms[kind][a.PlatformType] {
		a.PlatformType = ""
	}
	return a, nil
}

// holder is what live showed of a subject's grants on the resources of a call; on some of them it may hold none, where the
// call covers absent pairs. Where rows differ, what differs is left blank.
func (w *Writer) holder(s spec.Subject, kind spec.Kind, on []string) (a account, known bool) {
	for _, name := range on {
		row, held := w.seen.holders.account(spec.Grant{Resource: w.ref(kind, name), Subject: s, Role: spec.RoleAccess})
		switch {
		case !held:
			continue
		case !known:
			a, known = row, true
		}
		if row.PlatformType != a.PlatformType {
			a.PlatformType = ""
		}
		if row.ID != a.ID {
			a.ID = ""
		}
	}
	return a, known
}

// platforms are the directory types that bodies take; the directory knows more (UOS).
var platforms = map[spec.Kind]map[string]bool{
	kindAppGroup: {"AD": true, "LOCAL": true, "SYSTEM": true},
	kindApp:      {"AD": true, "LOCAL": true},
}
