package provider

import (
	"slices"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Sending is one mail as a vendor's record shows it. All that are given to Story together are of one type, to one person,
// about one thing.
type Sending struct {
	Sent   time.Time // zero: the record does not say it in a form that we know
	Failed bool
}

// mailSkew is by how much a vendor's stamp of a mail may be before that of the grant that it is about.
const mailSkew = 5 * time.Minute

// Story finds the newest of the mails that were sent since what they are about began, and how many those are. ok is false where
// it did not fail, and where one of them has no readable time, so that nobody can tell which is the newest.
func Story(sendings []Sending, since time.Time) (newest, tries int, ok bool) {
	newest = -1
	for i, s := range sendings {
		if s.Sent.IsZero() {
			return 0, 0, false
		}
		if s.Sent.Before(since.Add(-mailSkew)) {
			continue
		}
		tries++
		if newest < 0 || !s.Sent.Before(sendings[newest].Sent) {
			newest = i
		}
	}
	return newest, tries, newest >= 0 && sendings[newest].Failed
}

// Recipients are the people of one user group, by the names that records of mails give them.
type Recipients map[string][]spec.Subject

// Gets says whether somebody of that name, whom nobody can take for another, is among them and did not leave by the files.
func (r Recipients) Gets(name string, left func(spec.Subject) (spec.Origin, bool)) bool {
	people := r[name]
	return len(people) == 1 && !slices.ContainsFunc(people, func(s spec.Subject) bool { _, gone := left(s); return gone })
}
