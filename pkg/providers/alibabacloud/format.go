package alibabacloud

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

const kindAccount spec.Kind = "account"

// Format says what a connection of this provider may hold in the file. The vendor counts each API by itself (Resource
// Management: API throttling), but publishes 10 promotions a second and nothing for the other calls used. So all reads share
// one rate and all writes another; half of the published one leaves room for people and other programs, who share the quota.
func Format() spec.ProviderSchema {
	const perSecond = 5
	rate := spec.Rate{Calls: perSecond, Per: time.Second}
	return spec.ProviderSchema{
		Provider: "alibabacloud",
		Kinds:    []spec.KindSchema{accounts()},
		Auth: []spec.AuthForm{
			{Keys: []string{"accessKeyId", "accessKeySecret"}, Optional: []string{"securityToken"}},
		},
		// Those of the endpoint pages: of both sites, and within a VPC. Others under aliyuncs.com are for anybody to rent.
		Hosts: []string{"resourcemanager.aliyuncs.com", "resourcedirectory.aliyuncs.com", "resourcedirectory-intl.aliyuncs.com",
			"resourcemanager.vpc-proxy.aliyuncs.com", "resourcedirectory.vpc-proxy.aliyuncs.com"},
		Env:       []string{"ALIBABA_CLOUD_*"},
		Keys:      []string{"region"},
		Words:     map[string][]string{"region": {siteChina, siteInternational}},
		Endpoints: []string{string(resourceManager), string(resourceDirectory)},
		About: map[string]string{
			"accessKeyId": "the id of an access key", "accessKeySecret": "its secret", "securityToken": "for temporary access keys",
			"region":                "where the account's site is: " + siteChina + " of the Chinese one, the default, or " + siteInternational + " of the international one",
			string(resourceManager): "for Resource Management", string(resourceDirectory): "for the resource directory",
		},
		Rate:  spec.Rates{Read: rate, Write: rate},
		Mails: promotionMails(),
	}
}

// accounts is what the file may say of accounts: of those in the resource directory, which nobody grants anything here.
func accounts() spec.KindSchema {
	return spec.KindSchema{
		Kind: kindAccount, Section: "accounts", ID: spec.ByName, Names: accountNames, About: "accounts of the resource directory, by their display names",
		Settings: []spec.Setting{
			{Key: "type", Words: []string{"cloud", "resource"}, About: "cloud: it has a login of its own; resource: it has none"},
			{Key: "email", Address: true, Fixed: true, About: "where the vendor writes to when the account becomes a cloud account"},
		},
	}
}

// accountNames is what the vendor takes as the display name of a new account (CreateResourceAccount); Chinese characters on its
// Chinese site only, which no read tells.
func accountNames(name string) string {
	odd := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("_. -", r)
	}
	if length := utf8.RuneCountInString(name); length < 2 || length > 50 || strings.ContainsFunc(name, odd) {
		return "2 to 50 letters, digits, _, ., - or blanks"
	}
	return ""
}
