package alibabacloud

import (
	"fmt"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// course is what we do about a resource account that is to be a cloud account.
type course string

const (
	toPromote      course = "promote"
	toPromoteAgain course = "promote again" // as often as notices: maxAttempts allows mails
	toAwait        course = "await"         // its owner; what is left to do is to send the mail again
	toLeave        course = "leave"         // for a person to decide
	toRefuse       course = "refuse"        // it is no member, whatever it is to be
)

// statuses are all that an account can have: twelve by the page of ResendPromoteResourceAccountEmail (2020-03-31), and
// SwitchSuccess by that of UpdateAccount (2022-04-19). What the vendor allows in which is not documented but for the
// resend; where it refuses, nothing was done and the plan is made anew. Whether an account is promoted its type says, not
// its status.
var statuses = map[string]struct {
	course course
	says   string
}{
	"CreateSuccess":    {toPromote, "it is a member"},
	"CreateVerifying":  {toRefuse, "its creation waits for its owner, who is to confirm a mail"},
	"CreateFailed":     {toRefuse, "its creation failed"},
	"CreateExpired":    {toRefuse, "its creation was not confirmed in time"},
	"CreateCancelled":  {toRefuse, "its creation was cancelled"},
	"PromoteVerifying": {toAwait, "its promotion waits for its owner, who is to confirm a mail"},
	"PromoteFailed":    {toPromoteAgain, "its last promotion failed"},
	"PromoteExpired":   {toPromoteAgain, "its last promotion was not confirmed in time"},
	"PromoteCancelled": {toLeave, "its promotion was cancelled at the vendor; promote it there, or write type: resource"},
	"PromoteSuccess":   {toLeave, "the vendor says that it was promoted, but calls it a resource account; ask the vendor"},
	"InviteSuccess":    {toLeave, "it was invited, and yet is a resource account, which the vendor does not describe; promote it there"},
	"SwitchSuccess":    {toPromote, "its type was switched without a mail"},
	"Removed":          {toRefuse, "it left the directory"},
}

// The types as files write them.
const (
	cloud    = "cloud"
	resource = "resource"
)

var accountTypes = map[string]string{typeCloud: cloud, typeResource: resource}

// course is what to do about the account to make it a cloud account; "" where nothing is left to do or its status or type
// is unknown.
func (a account) course() course {
	if a.Type != typeResource {
		return ""
	}
	return statuses[a.Status].course
}

// judge compares an account with what the file wants. Of what it can't have it returns the setting and why, and what to do.
func (a account) judge(want spec.Resource) (setting, why string) {
	status, known := statuses[a.Status]
	typ, wanted, email := accountTypes[a.Type], want.Settings.Get(settingType), want.Fixed.Get("email")
	switch {
	case !known || typ == "":
		return settingType, fmt.Sprintf("its status %q with type %q is not known to this version, which plans nothing on it; leave out its type and email", a.Status, a.Type)
	case typ == cloud && email != "" && a.email() != "" && a.email() != email:
		return "email", fmt.Sprintf("its owner signs in as %s, the file says %s; correct email:, or name another account", a.email(), email)
	case wanted == resource && typ == cloud:
		return settingType, "it is a cloud account, and making it a resource account takes steps at the vendor that no call of ours makes; write type: cloud, or change it there"
	case wanted == resource && a.course() == toAwait:
		return settingType, fmt.Sprintf("it is on its way to a cloud account: %s; write type: cloud, or cancel the promotion at the vendor", status.says)
	case wanted == cloud && email == "" && (a.course() == toPromote || a.course() == toPromoteAgain):
		return settingType, "its promotion is confirmed by mail; write email: to say to whom"
	}
	return "", ""
}

// leaving says whether a resource account is being deleted, or in a state of that which is not known. What failed to be deleted
// stays.
func (a account) leaving() bool {
	return a.Type == typeResource && !slices.Contains([]string{"", "CheckFailed", "DeleteFailed"}, a.Deletion)
}
