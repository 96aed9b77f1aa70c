package compose_test

import (
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/spec/compose"
)

// What is adopted goes to the end of its section, as the file writes lines; what can't be added to without touching a line is refused.
func TestAdoptedLines(t *testing.T) {
	crew := []string{"somebody.one", "somebody.two", "somebody.three", "somebody.four"}
	c := matrix(map[string][]string{"CAD": crew, "Office": crew, "Viewer": crew})
	const users = "  - {name: somebody.four}\n  - {name: somebody.one}\n  - {name: somebody.three}\n  - {name: somebody.two}\n"
	const team = "  CAD: [somebody.four, somebody.one, somebody.three, somebody.two]\n"
	const groups = "  - name: CAD\n    in: main\n    grants:\n      - to: [team:CAD]\n  - name: Office\n    in: main\n    grants:\n      - to: [team:CAD]\n" +
		"  - name: Viewer\n    in: main\n    grants:\n      - to: [team:CAD]\n"
	indented := func(text string) string {
		return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
	}
	for name, tc := range map[string]struct{ text, want string }{
		"nothing there":      {"version: 1\n", "version: 1\n\nusers:\n" + users + "\nteams:\n" + team + "\nappGroups:\n" + groups},
		"no end of the line": {"version: 1", "version: 1\n\nusers:\n" + users + "\nteams:\n" + team + "\nappGroups:\n" + groups},
		"in the middle, indented more": {"teams:\n    x: [al]\n\n# people\nusers:\n    - {name: al}\n    # their end\n\nversion: 1\n",
			"teams:\n    x: [al]\n" + indented(team) + "\n# people\nusers:\n    - {name: al}\n    # their end\n" + indented(users) + "\nversion: 1\n\nappGroups:\n" + groups},
		"not indented": {"version: 1\nusers:\n- name: al\n  email: al@corp.example\n",
			"version: 1\nusers:\n- name: al\n  email: al@corp.example\n" + strings.ReplaceAll(users, "  - ", "- ") + "\nteams:\n" + team + "\nappGroups:\n" + groups},
		"not indented, a comment before the next": {"users:\n- name: al\n# settings\nversion: 1", "users:\n- name: al\n" + strings.ReplaceAll(users, "  - ", "- ") +
			"# settings\nversion: 1\n\nteams:\n" + team + "\nappGroups:\n" + groups},
		"in one line":  {"version: 1\nusers: [{name: al}]\n", ""},
		"empty":        {"version: 1\nusers:\n", ""},
		"all in flow":  {"{version: 1}\n", ""},
		"no file":      {"- x\n", ""},
		"ends in dots": {"version: 1\n...\n", ""},
	} {
		for _, end := range []string{"\n", "\r\n"} {
			text, want := strings.ReplaceAll(tc.text, "\n", end), strings.ReplaceAll(tc.want, "\n", end)
			if end != "\n" && !strings.Contains(text, end) {
				continue
			}
			files, err := compose.Adopt([]byte(text), []*compose.Connection{c}, compose.Options{Ownership: "owned", Teams: true})
			if have := string(files.Files[0].Text); have != want || (err != nil) != (want == "") {
				t.Errorf("%s: %v\n%q\nwant\n%q", name, err, have, want)
			}
		}
	}
}
