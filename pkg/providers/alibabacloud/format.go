package alibabacloud

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

const kindAccount spec.Kind = "account"

// What changes of accounts are about.
const (
	settingName = "name" // of one that is renamed
	settingType = "type"
)

// Format says what a connection of this provider may hold in the file. The vendor counts each API by itself (Resource
// Management: API throttling), but publishes 10 promotions a second and nothing for the other calls used. So all reads share
// one rate and all writes another; half of the published one leaves room for people and other programs, who share the quota.
func Format() spec.ProviderSchema {
	const perSecond = 5
	rate := spec.Rate{Calls: perSecond, Per: time.Second}
	return spec.ProviderSchema{
		Provider:     "alibabacloud",
		Kinds:        []spec.KindSchema{accounts()},
		Auth:         authForms(),
		AuthKinds:    authKinds,
		TokenFileEnv: []string{"ALIBABA_CLOUD_OIDC_TOKEN_FILE"},
		Metadata:     "http://100.100.100.200",
		// Those of the endpoint pages: of both sites, and within a VPC. Others under aliyuncs.com are for anybody to rent.
		Hosts: []string{"resourcemanager.aliyuncs.com", "resourcedirectory.aliyuncs.com", "resourcedirectory-intl.aliyuncs.com",
			"resourcemanager.vpc-proxy.aliyuncs.com", "resourcedirectory.vpc-proxy.aliyuncs.com",
			"sts.aliyuncs.com", "sts.{region}.aliyuncs.com", "sts.cn-shanghai.aliyuncs.com", "sts.cn-hangzhou.aliyuncs.com", "sts.cn-beijing.aliyuncs.com"},
		Env:       []string{"ALIBABA_CLOUD_*"},
		Keys:      []string{"region"},
		Words:     map[string][]string{"region": {siteChina, siteInternational}},
		Endpoints: []string{string(resourceManager), string(resourceDirectory), string(sts)},
		About: map[string]string{
			authKeyID: "the id of an access key", authKeySecret: "its secret", authSecurityToken: "for temporary access keys",
			authRole:                "the ARN of the RAM role that is taken on",
			authProvider:            "the ARN of the OpenID Connect identity provider in RAM",
			authTokenFile:           "the absolute path of the file that holds the provider's token, read anew whenever keys are renewed",
			authMetadata:            "where the server that this runs on has its metadata; its RAM role gives the keys",
			authServerRole:          "the name of the server's RAM role; by default its metadata tell it",
			authExec:                "a program that prints accessKeyId, accessKeySecret, perhaps securityToken, and expiresAt, as a JSON object",
			string(sts):             "for the Security Token Service, which gives temporary access keys",
			"region":                "where the account's site is: " + siteChina + " of the Chinese one, the default, or " + siteInternational + " of the international one",
			string(resourceManager): "for Resource Management", string(resourceDirectory): "for the resource directory",
		},
		Examples: map[string]any{
			authKeyID: "env:ALIBABA_CLOUD_ACCESS_KEY_ID", authKeySecret: "env:ALIBABA_CLOUD_ACCESS_KEY_SECRET", authSecurityToken: "env:ALIBABA_CLOUD_SECURITY_TOKEN",
			authRole: "env:ALIBABA_CLOUD_ROLE_ARN", authProvider: "env:ALIBABA_CLOUD_OIDC_PROVIDER_ARN", authTokenFile: "env:ALIBABA_CLOUD_OIDC_TOKEN_FILE",
			authMetadata: "http://100.100.100.200", authServerRole: "entitlectl-reader", authExec: []string{"/usr/local/bin/credential-helper", "directory"},
		},
		Rate:  spec.Rates{Read: rate, Write: rate},
		Mails: promotionMails(),
	}
}

// accounts is what the file may say of accounts: of those in the resource directory, which nobody grants anything here.
func accounts() spec.KindSchema {
	return spec.KindSchema{
		Kind: kindAccount, Section: "accounts", ID: spec.ByName, Rename: true, Names: accountNames, About: "accounts of the resource directory, by their display names",
		Settings: []spec.Setting{
			{Key: settingType, Words: []string{"cloud", "resource"}, About: "cloud: it has a login of its own; resource: it has none"},
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
