package render

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever names and texts hold, what is written is XML of the same shape, and nobody is shown other text than there is.
func TestJUnitOfAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"]]>", "<failure/>", "a\x00b", "\u202eab", "\ufffe", "a\nb", "\xff", "&amp;"}))
		c := Case{Name: text.Draw(t, "name"), File: text.Draw(t, "file"), Failure: "x" + text.Draw(t, "failure"), Unknown: rapid.Bool().Draw(t, "unknown")}
		var out bytes.Buffer
		if err := JUnit(&out, []Suite{{Name: text.Draw(t, "suite"), Cases: []Case{c, {Name: "holds"}}}}); err != nil {
			t.Fatal(err)
		}
		var read junitSuites
		if err := xml.Unmarshal(out.Bytes(), &read); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		if read.Tests != 2 || read.Failures+read.Errors != 1 || len(read.Suites) != 1 || len(read.Suites[0].Cases) != 2 || (read.Errors == 1) != c.Unknown {
			t.Fatalf("%+v\n%s", read, out.String())
		}
		if got := read.Suites[0].Cases[0].Name; got != Visible(c.Name) {
			t.Fatalf("%q is shown as %q", c.Name, got)
		}
		if strings.ContainsRune(out.String(), '\u202e') {
			t.Fatal("text is turned around")
		}
	})
}
