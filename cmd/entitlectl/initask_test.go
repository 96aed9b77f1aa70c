package main

import (
	"strings"
	"testing"
)

// A wrong answer is asked for again, and those before it stay.
func TestInitAsksAgain(t *testing.T) {
	for _, tc := range []struct{ answers, said, want string }{
		{"huawei,huaweicloud,mars,ap-southeast-3,aws,github", `no provider "huawei"|known for region "mars"|files for github and gitlab`, "huaweicloud ap-southeast-3 github"},
		{"aws,gcp,azure", `no provider "aws"|no provider "gcp"`, `no provider "azure"`},
		{"huaweicloud,ap-southeast-3,githb,none", `did you mean "github"`, "huaweicloud ap-southeast-3 "},
	} {
		answers := strings.Split(tc.answers, ",")
		var said []string
		b := beginning{say: func(err error) { said = append(said, err.Error()) }}
		b.ask = func(string, string) (string, error) {
			answer := answers[0]
			answers = answers[1:]
			return answer, nil
		}
		got := ""
		if err := b.choose(); err != nil {
			got = err.Error()
		} else {
			got = b.connections[0].name + " " + b.connections[0].settings["region"] + " " + strings.Join(b.flags.ci, " ")
		}
		if !strings.Contains(got, tc.want) || len(answers) > 0 {
			t.Errorf("%s: got %q, want %q; %q are left", tc.answers, got, tc.want, answers)
		}
		for i, want := range strings.Split(tc.said, "|") {
			if i >= len(said) || !strings.Contains(said[i], want) {
				t.Errorf("%s: said %q, want %q", tc.answers, said, want)
			}
		}
	}
}
