package alibabacloud

import (
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Format says what a connection of this provider may hold in the file. The vendor counts each API by itself (Resource
// Management: API throttling), but publishes 10 promotions a second and nothing for the other calls used. So all reads share
// one rate and all writes another; half of the published one leaves room for people and other programs, who share the quota.
func Format() spec.Format {
	const perSecond = 5
	rate := spec.Rate{Calls: perSecond, Per: time.Second}
	return spec.Format{
		Provider: "alibabacloud",
		Kinds:    []spec.Kind{spec.KindAccount},
		Auth: []spec.AuthForm{
			{Keys: []string{"accessKeyId", "accessKeySecret"}, Optional: []string{"securityToken"}},
		},
		Endpoints: []string{string(resourceManager), string(resourceDirectory)},
		Rate:      spec.Rates{Read: rate, Write: rate},
		Notices:   true,
	}
}
