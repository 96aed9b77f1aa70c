package wps365_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365/wps365emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// respelt has people whose mailboxes have more than one address.
const respelt = `wps365:
  domains: [x.example, "xn--bcher-kva.example"]
  departments: [{path: Design, address: design@x.example}]
  users:
    - {name: Ann, email: ann@x.example}
    - {name: Ada, email: ada@x.example, aliases: [lovelace@x.example]}
    - {name: Cy, email: cy@x.example, mailbox: cy.box@x.example, aliases: [cy@x.example]}
    - {name: Uwe, email: uwe@xn--bcher-kva.example}
    - {name: Mal, email: mal@x.example, aliases: [mallory@x.example]}
  publicMailboxes: [{address: desk@x.example, aliases: [help@x.example], name: Desk, owner: ann@x.example}]
  mailGroups:
    - {address: eng@x.example, name: Engineers, owner: ann@x.example, senders: company,
       members: [ann@x.example, ada@x.example, cy.box@x.example, uwe@xn--bcher-kva.example, mal@x.example, desk@x.example, design@x.example]}
`

var everything = []string{"members", "senders", "update"}

func blockedRows(p *diff.Plan) string {
	var rows []string
	for _, c := range p.Connections[0].Changes {
		rows = append(rows, c.Problem)
	}
	return strings.Join(rows, "\n")
}

// Who is listed by an alias, in another form of the domain or with a slip keeps what they have, and the plan says as whom.
func TestSpellingsAreKeptAndSaid(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, respelt)
	want := desired("eng", eng, user("ann"), user("lovelace"), subject(spec.SubjectUser, "uwe@bücher.example"), user("cy"),
		subject(spec.SubjectAddress, "amn@x.example"), subject(spec.SubjectMailbox, "help@x.example"), subject(spec.SubjectDepartment, "DESIGN"))
	plan := c.plan(t, c.open(t, everything...), want)
	wanted := []string{"grant eng member amn@x.example blocked", "grant eng member mailbox:help@x.example blocked", "grant eng member lovelace@x.example blocked",
		"grant eng member uwe@bücher.example blocked", "revoke eng member mal@x.example"}
	got := said(plan)
	if d := cmp.Diff(wanted, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, text := range []string{"lovelace@x.example is there as ada@x.example and is kept", "uwe@bücher.example is there as uwe@xn--bcher-kva.example and is kept",
		"mailbox:help@x.example is there as mailbox:desk@x.example and is kept"} {
		if !strings.Contains(blockedRows(plan), text) {
			t.Errorf("no row says %q in\n%s", text, blockedRows(plan))
		}
	}
	contains(t, plan.Connections[0].Notes, "cy@x.example is there as cy.box@x.example, and nothing is granted or revoked")
}

// Without the scope for aliases nobody goes who may be meant.
func TestUnreadAliasesCostNobodyAccess(t *testing.T) {
	scopes := []string{"kso.mail_group.readwrite", "kso.contact.read", "kso.user_email.read", "kso.public_mailbox.read"}
	for wish, want := range map[string][]string{
		"lovelace@x.example":      {"grant eng member lovelace@x.example blocked"},
		"lovelace@elsewhere.test": {"grant eng member lovelace@elsewhere.test blocked", "revoke eng member ada@x.example"},
	} {
		c := newTenant(t, wps365emu.Options{Scopes: scopes}, respelt)
		state := desired("eng", eng, user("ann"), subject(spec.SubjectUser, wish), user("cy.box"), user("mal"), subject(spec.SubjectUser, "uwe@xn--bcher-kva.example"),
			subject(spec.SubjectMailbox, "desk@x.example"), subject(spec.SubjectDepartment, "design@x.example"))
		plan := c.plan(t, c.open(t, everything...), state)
		if d := cmp.Diff(want, said(plan)); d != "" {
			t.Errorf("%s (-want +got):\n%s", wish, d)
		}
		if len(want) == 1 {
			contains(t, plan.Connections[0].Notes, "kso.user_mailbox.read")
		}
	}
}

// Who left is found by any address, where nothing else is taken, too; of whom nothing is found, the plan says so.
func TestLeaversAreFoundUnderTheirOtherAddresses(t *testing.T) {
	leave := func(s spec.State, name string, addresses ...string) {
		claim := spec.Origin{Reason: name + " has left"}
		s.Departed[subject(spec.SubjectUser, name)] = claim
		for _, address := range addresses {
			for _, kind := range []spec.SubjectKind{spec.SubjectUser, spec.SubjectMailbox, spec.SubjectAddress} {
				s.Departed[subject(kind, address)] = claim
			}
		}
	}
	c := newTenant(t, wps365emu.Options{}, respelt)
	r := eng
	r.Ownership = spec.AddOnly
	want := desired("eng", r, user("ann"))
	leave(want, "mallory", "mallory@x.example") // an alias
	leave(want, "cy", "cy@x.example")           // the address in contacts
	leave(want, "uwe", "uwe@bücher.example")
	leave(want, "trudy")
	plan := c.plan(t, c.open(t, everything...), want)
	wanted := []string{"revoke eng member cy.box@x.example", "revoke eng member mal@x.example", "revoke eng member uwe@xn--bcher-kva.example"}
	if d := cmp.Diff(wanted, said(plan)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	contains(t, plan.Connections[0].Notes, "left, and not found here: trudy;")
	result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Reread: true, Saved: true, Jobs: []apply.Job{c.Job(c.open(t, everything...), want)}, Allow: diff.RuleNames})
	if err != nil || result.Summary.Done != len(wanted) {
		t.Errorf("result %+v, error %v", result, err)
	}
	if again := c.plan(t, c.open(t, everything...), want); !again.Empty() {
		t.Errorf("the second plan has %q", said(again))
	}
}

// Other addresses are asked for only where they matter.
func TestOtherAddressesCostNoReadsWhereNothingHangsOnThem(t *testing.T) {
	all := []spec.Subject{user("ann"), user("ada"), user("cy.box"), subject(spec.SubjectUser, "uwe@xn--bcher-kva.example"), user("mal"),
		subject(spec.SubjectMailbox, "desk@x.example"), subject(spec.SubjectDepartment, "design@x.example")}
	for name, want := range map[string]spec.State{
		"no-op":            desired("eng", eng, all...),
		"only revokes":     desired("eng", eng, all[:2]...),
		"only grants":      desired("eng", eng, append(all, user("ghost"))...),
		"ordinary changes": desired("news", spec.Resource{}, user("ada")),
	} {
		want.Departed = map[spec.Subject]spec.Origin{user("trudy"): {Reason: "trudy has left"}}
		c := newTenant(t, wps365emu.Options{}, respelt+"    - {address: news@x.example, name: News, owner: ann@x.example, members: [ann@x.example]}\n")
		c.plan(t, c.open(t, everything...), want)
		for _, call := range c.Calls() {
			if strings.HasSuffix(call.Path, "/aliases") {
				t.Errorf("%s: %s", name, call.Path)
			}
		}
	}
}

// A mail group is not made beside one whose address is a spelling of its own.
func TestMailGroupsAreNotMadeBesideTheirOtherSpellings(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, respelt+"    - {address: team@xn--bcher-kva.example, name: Team, owner: ann@x.example}\n")
	want := desired("engg", eng)
	team := spec.Ref{Connection: conn, Kind: kindMailGroup, Name: "team@bücher.example"}
	want.Resources[team] = eng
	plan := c.plan(t, c.open(t, everything...), want)
	if d := cmp.Diff([]string{"create engg", "create team@bücher.example blocked"}, said(plan)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if text := `"team@xn--bcher-kva.example" is there, and in no file`; !strings.Contains(blockedRows(plan), text) {
		t.Errorf("rows %q", blockedRows(plan))
	}
	contains(t, plan.Connections[0].Notes, `mail-group/engg@x.example: it is to be made, and "eng@x.example", which is in no file, is there`)
}
