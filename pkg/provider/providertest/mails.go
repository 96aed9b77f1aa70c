package providertest

import (
	"slices"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// MailsAreOfTheTypesAskedFor says that a provider has mails sent again only of the types that its schema declares and the file asks
// for, and none where mails are left alone.
func MailsAreOfTheTypesAskedFor(t *testing.T, p Provider) {
	resent := func(notices spec.Notices) (types []string) {
		c := Start(t, p, p.Read(t, "seed.yaml"))
		job := c.FileJob(t, p.Fixture("desired.yaml"))
		job.Connection.Notices = notices
		target, err := p.Writer(job.Connection, SecretsOf(job.Connection), c.Env())
		if err != nil {
			t.Fatal(err)
		}
		job = apply.Job{Connection: job.Connection, Desired: job.Desired, Source: target}
		for _, change := range Plan(t, job, c.Now().Add(30*24*time.Hour)).Connections[0].Changes {
			if change.Op == diff.OpResend {
				types = append(types, change.Mailing().Type)
			}
		}
		return types
	}
	if types := resent(spec.Notices{Off: true}); len(types) > 0 {
		t.Errorf("mails are left alone, and sent again: %v", types)
	}
	for _, m := range p.Format.Mails {
		asked := spec.DefaultNotices
		asked.Types = []string{m.Type}
		if types := resent(asked); slices.ContainsFunc(types, func(typ string) bool { return typ != m.Type }) {
			t.Errorf("%s was asked for, and %v are sent again", m.Type, types)
		}
	}
}
