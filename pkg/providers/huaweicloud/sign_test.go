package huaweicloud

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

const (
	vectorKey    = "HWEXAMPLEAK000000001"
	vectorSecret = "exampleSecretKey0123456789abcdefghijklmn"
	project      = "0123456789abcdef0123456789abcdef"
)

var vectorTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// The vectors were made with the vendor's own signer (SDK for Go v3, 0.1.207).
func TestSignVectors(t *testing.T) {
	for _, v := range []struct {
		name, method, url, body string
		header                  map[string]string
		token                   string
		signed                  []string
		signedNames, signature  string
	}{
		{
			name: "V1 encoded query", method: "GET",
			url:         "https://appstream.cn-north-4.myhuaweicloud.com/v1/" + project + "/app-groups/actions/list-authorizations?account=%E5%BC%A0%E4%B8%89%20a%2Bb%40x.com%2F~&account_type=USER&app_group_id=571784876773081141&limit=100&offset=0",
			header:      map[string]string{"Content-Type": "application/json", "X-Project-Id": project},
			signed:      []string{"X-Project-Id"},
			signedNames: "x-project-id;x-sdk-date",
			signature:   "2993cf2f07948e4ec1d101634abcc1af95c6098a2f381255ecf32d9447e19361",
		}, {
			name: "V2 body and more headers", method: "POST",
			url:         "https://appstream.cn-north-4.myhuaweicloud.com/v1/" + project + "/app-groups/authorizations",
			body:        `{"app_group_ids":["571784876773081141"],"accounts":[{"id":"99558194716db7d601719f9b61850042","account":"group1","account_type":"USER_GROUP"}]}`,
			header:      map[string]string{"User-Agent": "entitlectl/0.1", "X-Language": "en-us", "X-Project-Id": project},
			signed:      []string{"X-Project-Id", "User-Agent", "X-Language"},
			signedNames: "user-agent;x-language;x-project-id;x-sdk-date",
			signature:   "e7ddecf3455cf25ca51cc3f7c63738a22e2161a6afae12d51c0f1243a1ee6747",
		}, {
			name: "V3 temporary credentials, repeated key, empty value, host", method: "GET",
			url:         "https://workspace.cn-north-4.myhuaweicloud.com/v2/" + project + "/users?domain&limit=100&offset=0&user_names=user2&user_names=User1&user_names=a%20b",
			header:      map[string]string{"X-Project-Id": project},
			token:       "gQpjbi1ub3J0aC00EXAMPLETOKEN==",
			signed:      []string{"X-Project-Id", "Host"},
			signedNames: "host;x-project-id;x-sdk-date;x-security-token",
			signature:   "2566ab73f32c2ab69664ca1bca46fdcd564e7d3799fffe8c90dc73b3d905f304",
		}, {
			name: "V4 body that ends in a newline", method: "POST",
			url:         "https://workspace.cn-north-4.myhuaweicloud.com/v1/" + project + "/app-center/apps/actions/batch-assign-authorization",
			body:        `{"app_ids":["3f791197-d166-4c8e-81e4-38c40ffc1989"],"authorization_type":"ASSIGN_USER","users":[{"account":"user1","account_type":"SIMPLE","platform_type":"LOCAL"}]}` + "\n",
			header:      map[string]string{"X-Project-Id": project},
			signed:      []string{"X-Project-Id", "Host"},
			signedNames: "host;x-project-id;x-sdk-date",
			signature:   "cfb60e46648475b37fb9e3e7dd2551e90587d9cb0eb479c5aeab8ecac1229d65",
		},
	} {
		t.Run(v.name, func(t *testing.T) {
			r, err := http.NewRequest(v.method, v.url, strings.NewReader(v.body))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range v.header {
				r.Header.Set(name, value)
			}
			credentials{spec.NewSecret(vectorKey), spec.NewSecret(vectorSecret), spec.NewSecret(v.token), spec.Secret{}}.sign(r, []byte(v.body), vectorTime, "", v.signed...)
			want := "SDK-HMAC-SHA256 Access=" + vectorKey + ", SignedHeaders=" + v.signedNames + ", Signature=" + v.signature
			if got := r.Header.Get("Authorization"); got != want {
				t.Errorf("Authorization\n got %s\nwant %s\ncanonical request:\n%s", got, want,
					canonicalRequest(r, []byte(v.body), "", strings.Split(v.signedNames, ";")))
			}
		})
	}
}

// The worked example of the vendor's signing guide, in which the content type is signed.
func TestSignGuideExample(t *testing.T) {
	r, err := http.NewRequest("GET", "https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	keys := credentials{accessKey: spec.NewSecret("QTWAOYTTINDUT2QVKYUC"), secretKey: spec.NewSecret("MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc")}
	keys.sign(r, nil, time.Date(2019, 11, 15, 3, 36, 55, 0, time.UTC), "", "Content-Type", "Host")
	if got, want := r.Header.Get("Authorization"), "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe"; !strings.HasSuffix(got, "Signature="+want) {
		t.Errorf("Authorization %s, want signature %s", got, want)
	}
}
