package alibabacloud

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

func keys(id, secret, token string) credentials {
	return credentials{spec.NewSecret(id), spec.NewSecret(secret), spec.NewSecret(token)}
}

// The vectors were made with the vendor's own signer (darabonba-openapi v2.1.13); V3-0 is the example that it publishes.
func TestSignVectors(t *testing.T) {
	const (
		manager   = "https://resourcemanager.aliyuncs.com/"
		directory = "https://resourcedirectory.aliyuncs.com/"
		nonceA    = "0123456789abcdef0123456789abcdef"
	)
	example := keys("testid", "testsecret", "")
	at := time.Date(2024, 6, 5, 8, 0, 0, 0, time.UTC)
	for _, v := range []struct {
		name            string
		keys            credentials
		url             string
		version, action string
		nonce           string
		at              time.Time
		body            string
		names, want     string
	}{
		{"V3-0", keys("YourAccessKeyId", "YourAccessKeySecret", ""),
			"https://ecs.cn-shanghai.aliyuncs.com/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
			"2014-05-26", "RunInstances", "3156853299f313e23d1673dc12e1703d", time.Date(2023, 10, 26, 10, 22, 32, 0, time.UTC), "",
			"", "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"},
		{"V3-A", example, manager + "?RecordId=06950264-3f0d-4ca9-82dd-6ee7a3d33d6b",
			"2020-03-31", "ResendPromoteResourceAccountEmail", nonceA, at, "",
			"", "88491014bea8d11a9159ff32343d90b8ec1350c42c315588a8171881221d3bed"},
		{"V3-B, STS and hard characters", keys("testid", "testsecret", "CAISstsTOKEN+/=="),
			manager + "?AccountId=1234567890123456&Email=dev%2Bops%20*~%25%26%3D%2F%C3%A9%40example.com",
			"2020-03-31", "PromoteResourceAccount", "fedcba9876543210fedcba9876543210", at, "",
			"host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version",
			"ffc75643805eb34cca22738ef9e289a1be6e7b2ece96e81636952b08a3488119"},
		{"V3-C, a form", example, directory, "2022-04-19", "UpdateAccount", "11112222333344445555666677778888", at,
			"AccountId=1234567890123456&NewAccountType=CloudAccount",
			"content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version",
			"c4a178ea31731caafc6a29a91a45620d5f6ebca2fc2b6ae495775850dd94f537"},
		{"V3-D, an empty value", example, directory + "?Tag.1.Value=a+b&MaxResults=100&Tag.1.Key=team&NextToken=",
			"2022-04-19", "ListAccounts", "22223333444455556666777788889999", at, "",
			"", "7a51cc58089c0c1353741ad4958dac0f7347eb35f72d97cfb8194b34d536d2dc"},
	} {
		t.Run(v.name, func(t *testing.T) {
			r, err := http.NewRequest(http.MethodPost, v.url, strings.NewReader(v.body))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
				"User-Agent": "x", "X-Acs-Action": v.action, "X-Acs-Version": v.version} {
				r.Header.Set(name, value)
			}
			v.keys.sign(r, []byte(v.body), v.at, v.nonce)
			names := v.names
			if names == "" {
				names = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
			}
			want := "ACS3-HMAC-SHA256 Credential=" + v.keys.keyID.Reveal() + ",SignedHeaders=" + names + ",Signature=" + v.want
			if got := r.Header.Get("Authorization"); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if hasType := r.Header.Get("Content-Type") != ""; hasType != (v.body != "") {
				t.Errorf("Content-Type is sent: %v", hasType)
			}
		})
	}
}

// A path prefix of an endpoint is gone when the gateway sees the request, so it is not signed.
func TestPrefixIsNotSigned(t *testing.T) {
	var got [2]string
	for i, url := range []string{"https://proxy.example/?A=1", "https://proxy.example/cloud/alibaba/?A=1"} {
		r, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		keys("k", "s", "").sign(r, nil, time.Unix(0, 0), "n")
		got[i] = r.Header.Get("Authorization")
	}
	if got[0] != got[1] {
		t.Errorf("%s\n%s", got[0], got[1])
	}
}
