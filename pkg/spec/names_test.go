package spec

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// namesFile is a file of two connections of a cloud and one for mail, with those users.
func namesFile(users string) string {
	return `version: 1
connections:
  w: {provider: cloud, region: r, auth: {token: "env:T"}}
  v: {provider: cloud, region: s, auth: {token: "env:T"}}
  m: {provider: mailer, auth: {appId: "env:A", appKey: "env:B"}}
users: [` + users + `]
`
}

// TestNamesCountAtTheirConnectionOnly proves who is granted and who has left, connection by connection.
func TestNamesCountAtTheirConnectionOnly(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", namesFile(`{name: bob, names: {v: bob.lee, m: Lee@corp.example}}, {name: eve, state: left, names: {v: eve42}}`)+`
appGroups: [{name: G, in: w, grants: [{to: [bob]}]}, {name: G, in: v, grants: [{to: [bob]}]}]
mailGroups: [{address: g@corp.example, in: m, owner: bob, members: [bob]}]
rules: {protected: ["user:bob"]}
`)
	s, err := Load(input("a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	states := s.Desired(time.Time{})
	for connection, want := range map[string]string{"w": "bob@local.com", "v": "bob.lee@local.com", "m": "lee@corp.example"} {
		for g := range states[connection].Grants.All() {
			if g.Subject.String() != want {
				t.Errorf("%s: %s, want %s", connection, g.Subject, want)
			}
		}
	}
	for connection, want := range map[string]string{"w": "eve", "v": "eve42"} {
		for _, name := range []string{"eve", "eve42"} {
			if _, left := states[connection].Departed[Subject{SubjectUser, name, "local.com"}]; left != (name == want) {
				t.Errorf("%s: %s has left: %t", connection, name, left)
			}
		}
	}
	for _, r := range states["m"].Resources {
		if r.Settings.Get("owner") != "lee@corp.example" {
			t.Errorf("owner %s", r.Settings.Get("owner"))
		}
	}
	for _, name := range []string{"bob", "bob.lee"} {
		if !slices.ContainsFunc(s.Rules.Protected, func(p Protection) bool { return p.Subject.Name == name }) {
			t.Errorf("%s is not protected", name)
		}
	}
}

// TestNamesThatCannotBe proves what is checked.
func TestNamesThatCannotBe(t *testing.T) {
	for users, want := range map[string]string{
		`{name: bob, names: {x: b}}`:                                                         `unknown connection "x"`,
		`{name: bob, names: {m: bob}}`:                                                       `connection "m" (mailer) can't know anybody as "bob"`,
		`{name: ann}, {name: bob, names: {v: ann}}`:                                          `user "bob" has the same name at connection "v" as user "ann"`,
		`{name: bob, names: {v: ann}}, {name: ann}`:                                          `user "bob" has the same name at connection "v" as user "ann"`,
		`{name: ann, state: left}, {name: bob, names: {v: ann}}`:                             `user "bob" has the same name at connection "v" as user "ann"`,
		`{name: ann, state: left, names: {v: bob}}, {name: bob}`:                             `user "ann" has the same name at connection "v" as user "bob"`,
		`{name: ann, state: left, email: a@x.example}, {name: bob, names: {m: A@x.example}}`: `user "bob" has the same name at connection "m" as user "ann"`,
		`{name: ann, names: {v: bob}}, {name: bob, names: {v: ann}}`:                         "",
	} {
		t.Chdir(t.TempDir())
		write(t, "a.yaml", namesFile(users))
		_, err := Load(input("a.yaml"))
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", users, err, want)
		}
	}
}

// TestNothingIsSilent proves that an error is left out only where another one stands for it.
func TestNothingIsSilent(t *testing.T) {
	const connection = "connections: {w: {provider: cloud, region: r, auth: {token: \"env:T\"}}}\n"
	for _, text := range []string{
		"connections: {w: {providers: cloud, region: r}}\n",
		"connections: {w: {provider： cloud, region: r}}\n",
		"connections: {w: {provider: cloud, regions: r, auth: {token: \"env:T\"}}}\n",
		connection + "users: [{names: {w: x}}]\n",
		connection + "users: [{names: {w: x}}]\nappGroups: [{name: G, in: w, grants: [{to: [alice]}]}]\n",
		connection + "appGroups: [{name： G, in: w}]\n",
		connection + "users: [&a {name: x}]\nteams: *a\n",
		connection + "users: [!x y]\nappGroups: [{name: G, in: w, grants: [{to: [alice]}]}]\n",
		connection + "teams: !x {}\nappGroups: [{name: G, in: w, grants: [{to: [\"team:a\"]}]}]\n",
		"userss: []\n" + connection + "appGroups: [{name: G, in: v}]\n",
	} {
		t.Chdir(t.TempDir())
		write(t, "a.yaml", "version: 1\n"+text)
		if _, err := Load(input("a.yaml")); err == nil {
			t.Errorf("loads: %s", text)
		}
	}
}
