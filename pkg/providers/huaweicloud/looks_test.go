package huaweicloud_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// sealed is a store that nothing can be added to.
type sealed struct{ store.Store }

func (sealed) Put(string, string) error { return errors.New("the folder can't be written") }

// planBy returns the bytes of the plan that a job has now, and of how many groups the mails were not asked.
func planBy(t *testing.T, job apply.Job, kept store.Store, full bool) (data []byte, spared int) {
	t.Helper()
	plan, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: []apply.Job{job}, Now: time.Now(), Store: kept, NoBound: true, Full: full,
		Observe: func(e apply.Event) {
			if s, ok := e.(apply.ReadingDone); ok {
				spared += s.Spared
			}
		}})
	if err == nil {
		data, err = plan.Encode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return data, spared
}

// Whatever happened since the last looks, and whoever did it, the plan that goes by them is to the byte the one that asks all.
func TestLooksNeverChangeThePlan(t *testing.T) {
	histories, spared, resends := uint64(many(t, 100, 20)), 0, 0
	for seed := range histories {
		ok := t.Run(fmt.Sprint("history ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 1))
				h := &history{t: t, rand: random, wanted: map[string]bool{"ann": true, staff: true}, resends: map[string]int{}, kept: file.Open(storetest.Folder(t)),
					delay: one(random, 0, 20*time.Second, 3*time.Minute),
					types: one(random, nil, nil, []string{"grant-mail"}, []string{"grant-mail", "grant-sms"}, []string{"revoke-mail"})}
				h.cloud = newCloud(t, huaweicloudemu.Options{Unthrottled: true, MailDelay: h.delay}, one(random, lawSeed, strings.ReplaceAll(lawSeed, "bounce", "mail")))
				h.Via = h
				texts := []string{"", looksOfAnother(t)}
				for range 40 {
					if h.step(); random.IntN(3) == 0 {
						time.Sleep(2 * time.Hour)
					}
					if random.IntN(6) == 0 {
						texts = meddle(t, random, h, texts)
					}
					if random.IntN(5) == 0 {
						h.types = one(random, nil, []string{"grant-mail", "grant-sms"}, []string{"grant-mail"})
					}
					if random.IntN(8) == 0 {
						h.again()
					}
					if name := one(random, "ann", "ben", "cyd", staff); random.IntN(4) == 0 { // granted anew, or gone again, between two looks
						h.toggle(name)
						time.Sleep(time.Minute)
						h.toggle(name)
						time.Sleep(one(random, 0, 2*time.Hour))
					}
					set := func(c *spec.Connection) {
						c.Notices = spec.Notices{ResendAfter: lawAfter, MaxAttempts: lawAttempts, Types: h.types}
					}
					job := h.Job(h.Open(t, set), h.desired(), set)
					full, none := planBy(t, job, sealed{h.kept}, true)
					by, n := planBy(t, job, h.kept, false)
					if none != 0 || !bytes.Equal(full, by) {
						t.Fatalf("with everything asked:\n%s\nby looks, %d groups spared:\n%s", full, n, by)
					}
					spared, resends = spared+n, resends+bytes.Count(full, []byte(`"op": "resend"`))
				}
			})
		})
		if !ok {
			return // one is enough to read
		}
	}
	t.Logf("%d questions spared, %d mails to be sent again", spared, resends)
	if spared < int(histories) || resends < int(histories) {
		t.Error("too few to prove anything")
	}
}

// looksOfAnother are the looks at another tenant with a group of the same name, whose mails all arrived.
func looksOfAnother(t *testing.T) string {
	tenant := strings.Repeat("f", 32)
	c := newCloud(t, free, strings.ReplaceAll(strings.Replace(lawSeed, "huaweicloud:\n", "huaweicloud:\n  project: "+tenant+"\n", 1), "bounce", "mail"))
	c.Connection.Settings["project"] = tenant
	job := c.Job(c.Open(t), desired(ref(kindAppGroup, "CAD"), user("ann"), group("Staff")))
	providertest.Apply(t, providertest.Plan(t, job), job)
	time.Sleep(2 * time.Hour)
	kept := file.Open(storetest.Folder(t))
	planBy(t, job, kept, false)
	text, _ := kept.Get(conn + "/looks")
	return text
}

var atRx = regexp.MustCompile(`"at":"([^"]+)"`)

// meddle turns our clock back, by the vendor's or by that of what was kept, loses what was kept, or takes that of another runner or
// of another tenant for it.
func meddle(t *testing.T, random *rand.Rand, h *history, texts []string) []string {
	text, _ := h.kept.Get(conn + "/looks")
	switch random.IntN(4) {
	case 0:
		h.Advance(one(random, 20*time.Minute, 2*time.Hour, 30*time.Hour))
		return texts
	case 1:
		by := one(random, -100*time.Hour, -time.Hour, time.Minute, time.Hour, 100*time.Hour)
		text = atRx.ReplaceAllStringFunc(text, func(at string) string {
			moment, err := time.Parse(time.RFC3339, atRx.FindStringSubmatch(at)[1])
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf(`"at":%q`, moment.Add(by).Format(time.RFC3339))
		})
	default:
		i := random.IntN(len(texts))
		texts = append(texts, text)
		text = texts[i]
	}
	if err := h.kept.Put(conn+"/looks", text); err != nil {
		t.Fatal(err)
	}
	return texts
}

// again deletes the app group and makes it anew, with the holders of before.
func (h *history) again() {
	holders := h.world().Huaweicloud.AppGroups[0].Grants
	h.console(h.t, "POST", "/v1/{p}/app-groups/batch-delete", map[string]any{"ids": []string{h.id(h.t, "/v1/{p}/app-groups", "items", "name", "CAD")}})
	h.console(h.t, "POST", "/v1/{p}/app-groups", map[string]any{"name": "CAD", "type": "COMMON_APP"})
	for _, name := range holders {
		h.anew("ADD", name)
		h.pair(h.t, toGrant, name)
	}
}

// Of a thing that did not move nothing is asked about mails, in no command; and --full asks all.
func TestMailsAreAskedWhereSomethingMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, free, strings.Replace(large(4, 3), "G3", "CAD", 1))
		kept, want := store.Store(file.Open(storetest.Folder(t))), spec.NewState()
		for _, name := range []string{"G0", "G1", "G2", "CAD"} {
			want = merge(want, desired(ref(kindAppGroup, name), user("u0"), user("u1"), user("u2")))
		}
		c.Connection.Notices = spec.DefaultNotices
		var asked int
		look := func(what string, full bool, mails int) {
			t.Helper()
			planBy(t, c.Job(c.Open(t), want), kept, full)
			now := c.reads()["/mails"]
			if now-asked != mails {
				t.Errorf("%s: %d groups were asked, want %d", what, now-asked, mails)
			}
			asked = now
		}
		look("granted a moment ago", false, 4)
		look("granted a moment ago", false, 4)
		time.Sleep(2 * time.Hour)
		look("the first after the records are there", false, 4)
		look("nothing moved", false, 0)
		c.pair(t, toRevoke, "u0")
		c.pair(t, toGrant, "u0")
		look("granted anew by somebody else", false, 1)
		time.Sleep(2 * time.Hour)
		look("its mail had its time", false, 1)
		look("nothing moved since", false, 0)
		look("all", true, 4)
		c.Connection.Notices.Types = []string{"grant-mail", "revoke-mail"}
		look("mails about revokes", false, 4)
		look("mails about revokes, nothing moved", false, 4)
		c.Connection.Notices.Types = []string{"grant-mail", "grant-sms"}
		look("other types", false, 4)
		look("the same types", false, 0)
		time.Sleep(7*24*time.Hour - time.Minute)
		look("almost a week later", false, 0)
		time.Sleep(time.Minute)
		look("a week later", false, 4)
		kept = sealed{kept}
		look("in a folder that can't be written", false, 0)
		kept = sealed{file.Open(storetest.Folder(t))}
		look("in a new folder that can't be written", false, 4)
		look("in a new folder that can't be written", false, 4)
	})
}

func TestBrokenLooksTellNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, free, large(1, 1))
		c.Connection.Notices = spec.DefaultNotices
		time.Sleep(2 * time.Hour)
		for _, text := range []string{"", "{", "null", `{"format":2,"looks":{}}`, `{"format":1,"looks":{"app-group/G0":{}}}`, strings.Repeat("[", 10_000),
			`{"format":1,"looks":{"app-group/G0":{"at":"2000-01-01T01:00:00Z","basis":""}}}`} {
			kept := file.Open(storetest.Folder(t))
			if err := kept.Put(conn+"/looks", text); err != nil {
				t.Fatal(err)
			}
			job := c.Job(c.Open(t), desired(ref(kindAppGroup, "G0"), user("u0")))
			if _, spared := planBy(t, job, kept, false); spared != 0 {
				t.Errorf("%.60s spares %d questions", text, spared)
			}
			if _, spared := planBy(t, job, kept, false); spared != 1 {
				t.Errorf("after %.60s the next run spares %d questions, want 1", text, spared)
			}
		}
	})
}
