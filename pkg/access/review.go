package access

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// ReviewFormat is the version of the form of a review file.
const ReviewFormat = 1

// Review is a campaign in which people decide who keeps what: whoever has something by the files or live, frozen when it began.
type Review struct {
	Name       string    `json:"name"`
	Opened     time.Time `json:"opened"`
	By         string    `json:"by"` // USER@HOST that opened it
	Version    string    `json:"version"`
	Due        time.Time `json:"due"`
	Spec       string    `json:"spec"`       // digest of the files
	Outside    int       `json:"outside"`    // resources that the files do not rule, and so nobody decides about
	Population string    `json:"population"` // digest of all that is frozen; no signature
	Closed     string    `json:"closed"`     // when and by whom; "": it is open
	Lines      []Line    `json:"lines"`      // by reviewer, then by place
}

// Line is one thing that one has, and what was decided about it.
type Line struct {
	Reviewer   string         `json:"reviewer"` // "": nobody is named
	Who        string         `json:"who"`      // name in the files, else that of the vendor
	Subject    string         `json:"subject"`  // KIND:NAME of the vendor
	Resource   string         `json:"resource"` // KIND/NAME
	Connection string         `json:"connection"`
	Role       spec.Role      `json:"role"`
	In         In             `json:"in"`
	Through    string         `json:"through"` // the line that gives it, and the teams on the way
	Ownership  spec.Ownership `json:"ownership"`
	Decision   string         `json:"decision"` // as written
	Note       string         `json:"note"`
	Place      string         `json:"-"` // FILE:LINE of the review file
}

// key is what a line is about.
func (l Line) key() string {
	return strings.Join([]string{l.Connection, l.Resource, string(l.Role), l.Subject}, "\x00")
}

// About is the line in words: bob has access on app-group/CAD at workspace.
func (l Line) About() string {
	return fmt.Sprintf("%s has %s on %s at %s", l.Who, l.Role, l.Resource, l.Connection)
}

// frozen is the line without what people write.
func (l Line) frozen() Line {
	l.Decision, l.Note, l.Place = "", "", ""
	return l
}

// Freeze lists what there is to decide about in a world of files and live: all that is on resources that the files rule. Of user groups
// the group is reviewed, and not the people in it, who come and go at the vendor. reviewers finds who decides about a resource and what
// comes through teams.
func Freeze(w World, reviewers func(resource string, teams []string) []string) (lines []Line, outside int) {
	for _, site := range w.Sites {
		for _, ownership := range w.refs(site) {
			if ownership == Unmanaged || ownership == spec.Ignored {
				outside++
			}
		}
	}
	for _, r := range w.Table() {
		if r.Group != (spec.Subject{}) || r.Ownership == Unmanaged || r.Ownership == spec.Ignored {
			continue
		}
		lines = append(lines, lineOf(r, reviewers))
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return strings.Compare(a.Reviewer, b.Reviewer) })
	return lines, outside
}

func lineOf(r Row, reviewers func(string, []string) []string) Line {
	l := Line{Who: cmp.Or(r.Person, r.Subject.String()), Subject: subjectText(r.Subject), Resource: r.Ref().String(),
		Connection: r.Connection, Role: r.Role, In: r.In, Ownership: r.Ownership}
	var teams []string
	if len(r.Chains) > 0 {
		c := r.Chains[0]
		l.Through, teams = c.Source, spec.Each(c.Via.Steps(), func(s spec.Step) string { return s.Team })
		if len(teams) > 0 {
			l.Through += " via " + c.Via.String()
		}
	}
	l.Reviewer = strings.Join(reviewers(l.Resource, teams), ", ")
	return l
}

// Seal computes the digest of what is frozen.
func (r *Review) Seal() { r.Population = r.digest() }

func (r *Review) digest() string {
	frozen := *r
	frozen.Population, frozen.Closed = "", ""
	frozen.Opened, frozen.Due = r.Opened.UTC(), r.Due.UTC()
	frozen.Lines = spec.Each(r.Lines, Line.frozen)
	text, err := json.Marshal(frozen)
	if err != nil {
		return "" // it holds strings, numbers and times only
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(text))
}

var errTampered = errors.New("what was frozen was altered: a line, its reviewer or the head is not as review open wrote it; take it back from git, and change decision and note alone")

// Check refuses a review whose frozen part was altered.
func (r *Review) Check() error {
	if r.Population != r.digest() {
		return errTampered
	}
	return nil
}

// Differences says how the lines of now differ from those that are frozen: who has something more (+), who has it no longer (-), and who
// is somebody else, or is decided about by others (~), so that a file that was written anew misleads nobody. That something is listed
// elsewhere in the files, or is live now and was not, is no difference; nor is that the files know by now whom they did not know.
func (r *Review) Differences(now []Line) []string {
	was, is := map[string]bool{}, map[string]Line{}
	for _, l := range r.Lines {
		was[l.key()] = true
	}
	var all []string
	for _, l := range now {
		if is[l.key()] = l; !was[l.key()] {
			all = append(all, "+ "+l.About())
		}
	}
	for _, l := range r.Lines {
		switch found, has := is[l.key()]; {
		case !has:
			all = append(all, "- "+l.About())
		case found.Who != l.Who && !strings.HasSuffix(l.Subject, ":"+l.Who):
			all = append(all, fmt.Sprintf("~ %s: that is %s by now", l.About(), found.Who))
		case found.Reviewer != l.Reviewer:
			all = append(all, fmt.Sprintf("~ %s: by the files %s decides about it, not %s", l.About(), cmp.Or(found.Reviewer, nobody), cmp.Or(l.Reviewer, nobody)))
		}
	}
	return all
}

// TakeDecisions takes the decisions that another review has about the same, and returns how many.
func (r *Review) TakeDecisions(from *Review) (taken int) {
	decided := map[string]Line{}
	for _, l := range from.Lines {
		if l.Decision != "" {
			decided[l.key()] = l
		}
	}
	for i := range r.Lines {
		if l, has := decided[r.Lines[i].key()]; has {
			r.Lines[i].Decision, r.Lines[i].Note = l.Decision, l.Note
			taken++
		}
	}
	return taken
}

// Progress is how far a reviewer has come.
type Progress struct {
	Reviewer string `json:"reviewer"`
	Lines    int    `json:"lines"`
	Decided  int    `json:"decided"`
	Removed  int    `json:"removed"` // of these
	Ended    int    `json:"ended"`   // of these
	Own      int    `json:"own"`     // lines about what a reviewer has
}

// Progress counts what was decided, by reviewer. What is no decision counts as none.
func (r *Review) Progress() []Progress {
	var all []Progress
	for _, l := range r.Lines {
		if n := len(all); n == 0 || all[n-1].Reviewer != l.Reviewer {
			all = append(all, Progress{Reviewer: l.Reviewer})
		}
		p := &all[len(all)-1]
		if p.Lines++; slices.Contains(strings.Split(l.Reviewer, ", "), l.Who) {
			p.Own++
		}
		switch d, _, _ := l.decided(); d {
		case Keep:
			p.Decided++
		case Remove:
			p.Decided++
			p.Removed++
		case Until:
			p.Decided++
			p.Ended++
		}
	}
	return all
}

// Open says whether decisions are missing, or were not carried out yet. That it is closed is written beside the digest, so that it counts
// only where all is decided.
func (r *Review) Open() bool { return r.Closed == "" || r.Undecided() > 0 }

// Undecided counts the lines that nobody decided about.
func (r *Review) Undecided() (n int) {
	for _, p := range r.Progress() {
		n += p.Lines - p.Decided
	}
	return n
}

// Overdue says whether a review should have been closed.
func (r *Review) Overdue(now time.Time) bool { return r.Open() && !now.Before(r.Due) }
