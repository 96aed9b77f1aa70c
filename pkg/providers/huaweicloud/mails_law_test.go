package huaweicloud_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
	"gopkg.in/yaml.v3"
)

// history is a tenant in which many people do many things, and what it holds every mail that is sent again to.
type history struct {
	*cloud
	t       *testing.T
	rand    *rand.Rand
	delay   time.Duration
	types   []string
	kept    store.Store
	wanted  map[string]bool
	resends map[string]int // in the present story: by type, person and thing
	sent    int
}

const (
	staff       = "group:Staff"
	lawSeed     = "huaweicloud:\n  users:\n    - {name: ann, email: bounce1@corp.example, phone: \"+9991\"}\n    - {name: ben, email: ben@corp.example, phone: \"+4912\"}\n    - {name: cyd, email: bounce3@corp.example}\n  userGroups: [{name: Staff, members: [ben, cyd]}]\n  appGroups: [{name: CAD}]\n"
	lawAfter    = 24 * time.Hour
	lawAttempts = 3
)

// vendorWorld is the part of the emulator's state that tells of mails.
type vendorWorld struct {
	Huaweicloud struct {
		UserGroups []struct {
			Members []string `yaml:"members"`
		} `yaml:"userGroups"`
		AppGroups []struct {
			Grants []string `yaml:"grants"`
			Mails  []struct {
				To    string    `yaml:"to"`
				About string    `yaml:"about"`
				Type  string    `yaml:"type"`
				Sent  time.Time `yaml:"sent"`
			} `yaml:"mails"`
		} `yaml:"appGroups"`
	} `yaml:"huaweicloud"`
}

func (h *history) world() (w vendorWorld) {
	data, err := h.State()
	if err == nil {
		err = yaml.Unmarshal(data, &w)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return w
}

// RoundTrip looks at each mail that is sent again before the vendor does.
func (h *history) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/mails/actions/send") {
		h.check(r)
	}
	h.began(r)
	return h.Server.Transport().RoundTrip(r)
}

func (h *history) check(r *http.Request) {
	var in struct {
		Records []struct {
			Account  string `json:"account"`
			AuthType string `json:"account_auth_type"`
			AuthName string `json:"account_auth_name"`
			Type     string `json:"mail_send_type"`
		} `json:"records"`
	}
	body, err := r.GetBody()
	if err = orElse(err, func() error { return json.NewDecoder(body).Decode(&in) }); err != nil {
		h.t.Fatal(err)
	}
	world := h.world()
	for _, m := range in.Records {
		about := m.AuthName
		if m.AuthType == "USER_GROUP" {
			about = "group:" + about
		}
		what := fmt.Sprint(m.Type, " to ", m.Account, " about ", about)
		held := slices.Contains(world.Huaweicloud.AppGroups[0].Grants, about)
		member := about != staff || slices.Contains(world.Huaweicloud.UserGroups[0].Members, m.Account)
		if grants := strings.HasPrefix(m.Type, "ADD"); grants != held || !member {
			h.t.Fatalf("%s, held %v, a member %v", what, held, member)
		}
		for _, before := range world.Huaweicloud.AppGroups[0].Mails {
			kind, of := orWord(before.Type, "ADD_GROUP_AUTHORIZATION"), orWord(before.About, before.To)
			if kind == m.Type && before.To == m.Account && of == about && h.Now().Before(before.Sent.Add(-h.delay).Add(lawAfter)) {
				h.t.Fatalf("%s at %v, and the one before was sent at %v", what, h.Now(), before.Sent.Add(-h.delay))
			}
		}
		h.sent++
		if h.resends[what]++; h.resends[what] >= lawAttempts {
			h.t.Fatalf("%s was sent again %d times", what, h.resends[what])
		}
	}
}

func orElse(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}

func orWord(word, otherwise string) string {
	if word == "" {
		return otherwise
	}
	return word
}

// began starts the stories anew that a grant or a revoke begins.
func (h *history) began(r *http.Request) {
	kind := map[bool]string{true: "ADD", false: "DEL"}[strings.HasSuffix(r.URL.Path, "/app-groups/authorizations")]
	if kind == "DEL" && !strings.HasSuffix(r.URL.Path, "batch-delete-authorization") {
		return
	}
	var in struct {
		Accounts []struct {
			Account string `json:"account"`
			Type    string `json:"account_type"`
		} `json:"accounts"`
	}
	body, err := r.GetBody()
	if err = orElse(err, func() error { return json.NewDecoder(body).Decode(&in) }); err != nil {
		h.t.Fatal(err)
	}
	holders := h.world().Huaweicloud.AppGroups[0].Grants
	for _, a := range in.Accounts {
		name := a.Account
		if a.Type == "USER_GROUP" {
			name = "group:" + name
		}
		if slices.Contains(holders, name) == (kind == "ADD") {
			continue // it changes nothing
		}
		h.anew(kind, name)
	}
}

func (h *history) anew(kind, name string) {
	for what := range h.resends {
		if strings.HasPrefix(what, kind) && strings.HasSuffix(what, " about "+name) {
			delete(h.resends, what)
		}
	}
}

// apply is a run of now, with the state folder of before or a new one.
func (h *history) apply(fresh bool) {
	kept := h.kept
	if fresh {
		kept = file.Open(storetest.Folder(h.t))
	}
	want := h.desired()
	set := func(c *spec.Connection) {
		c.Notices = spec.Notices{ResendAfter: lawAfter, MaxAttempts: lawAttempts, Types: h.types}
	}
	jobs := []apply.Job{h.Job(h.Open(h.t, set), want, set)}
	session, err := apply.AcquireLocks(h.t.Context(), kept, store.Owner{Run: fmt.Sprint(h.Now())}, "", []string{conn}, 0, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	plan, err := apply.Plan(h.t.Context(), apply.PlanOptions{Jobs: jobs, Now: time.Now(), Store: kept, NoBound: true})
	if err == nil {
		_, err = apply.Apply(h.t.Context(), apply.ApplyOptions{Plan: plan, Jobs: jobs, Now: time.Now(), Session: session})
	}
	if err = orElse(err, session.Release); err != nil {
		h.t.Fatal(err)
	}
}

func (h *history) desired() spec.State {
	want := desired(ref(kindAppGroup, "CAD"))
	for name, is := range h.wanted {
		if s := user(name); is && name != staff {
			want.Grants.Add(spec.Grant{Resource: ref(kindAppGroup, "CAD"), Subject: s, Role: spec.RoleAccess}, spec.Origin{})
		} else if is {
			want.Grants.Add(spec.Grant{Resource: ref(kindAppGroup, "CAD"), Subject: group("Staff"), Role: spec.RoleAccess}, spec.Origin{})
		}
	}
	return want
}

func (h *history) toggle(name string) {
	path, kind := toGrant, "ADD"
	if slices.Contains(h.world().Huaweicloud.AppGroups[0].Grants, name) {
		path, kind = toRevoke, "DEL"
	}
	h.anew(kind, name)
	h.pair(h.t, path, name)
}

// step does something.
func (h *history) step() {
	names := []string{"ann", "ben", "cyd", staff}
	name := one(h.rand, names...)
	switch one(h.rand, "wait", "apply", "apply", "apply", "apply in a new folder", "files", "console", "mailbox", "leave", "join") {
	case "apply":
		h.apply(false)
	case "apply in a new folder":
		h.apply(h.delay <= apply.DefaultSettle) // what shows later than a run waits for it only the state folder knows
	case "files":
		h.wanted[name] = !h.wanted[name]
	case "console":
		h.toggle(name)
	case "mailbox":
		if name != staff {
			email := one(h.rand, "bounce"+name+"@corp.example", name+"@corp.example")
			h.console(h.t, "PUT", "/v2/{p}/users/"+h.userID(h.t, name), map[string]any{"user_email": email})
		}
	case "leave":
		h.member("DELETE", name)
	case "join":
		h.member("ADD", name)
	}
	time.Sleep(one(h.rand, 0, time.Second, 25*time.Second, time.Hour, 23*time.Hour, 25*time.Hour, 25*time.Hour))
}

func (h *history) member(op, name string) {
	if name == staff {
		return
	}
	h.console(h.t, "POST", "/v2/{p}/groups/"+h.id(h.t, "/v2/{p}/groups", "user_groups", "name", "Staff")+"/actions",
		map[string]any{"op_type": op, "user_ids": []string{h.userID(h.t, name)}})
}

// Whatever happened before, no mail is sent again to somebody whom it does not concern, within resendAfter of the one before it
// of its type, or more often than maxAttempts within one story; with a state folder that is kept or a new one for each run.
func TestNoMailTooManyInAnyHistory(t *testing.T) {
	histories, sent := uint64(many(t, 100, 15)), 0
	for seed := range histories {
		ok := t.Run(fmt.Sprint("history ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 0))
				h := &history{t: t, rand: random, wanted: map[string]bool{"ann": true, staff: true}, resends: map[string]int{}, kept: file.Open(storetest.Folder(t)),
					delay: one(random, 0, 20*time.Second, 3*time.Minute),
					types: one(random, nil, []string{"grant-mail", "grant-sms"}, []string{"revoke-mail"}, []string{"grant-mail", "revoke-mail", "grant-sms", "revoke-sms"})}
				h.cloud = newCloud(t, huaweicloudemu.Options{Unthrottled: true, MailDelay: h.delay}, lawSeed)
				h.Via = h
				for range 40 {
					h.step()
				}
				sent += h.sent
			})
		})
		if !ok {
			return // one is enough to read
		}
	}
	t.Logf("%d mails were sent again in %d histories", sent, histories)
	if sent < int(histories) {
		t.Error("too few to prove anything")
	}
}

// one is one of them.
func one[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }
