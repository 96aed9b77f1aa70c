package huaweicloudemu

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// vectors are signed requests: the first is the worked example of the vendor's signing guide, the others were signed by its
// official Go SDK.
var vectors = []struct {
	name, ak, sk  string
	request, body string // request line and headers
	signed        string
	canonical     string
	hash, want    string
}{
	{
		"V0", "QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc",
		"GET https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?marker=13551d6b-755d-4757-b956-536f674975c0&limit=2\ncontent-type: application/json\nx-sdk-date: 20191115T033655Z", "",
		"content-type;host;x-sdk-date", `GET
/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs/
limit=2&marker=13551d6b-755d-4757-b956-536f674975c0
content-type:application/json
host:service.region.example.com
x-sdk-date:20191115T033655Z

content-type;host;x-sdk-date
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
		"b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a", "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
	},
	{
		"V1", vectorKey, vectorSecret,
		"GET https://appstream.cn-north-4.myhuaweicloud.com/v1/0123456789abcdef0123456789abcdef/app-groups/actions/list-authorizations?account=%E5%BC%A0%E4%B8%89%20a%2Bb%40x.com%2F~&account_type=USER&app_group_id=571784876773081141&limit=100&offset=0\nContent-Type: application/json\nX-Project-Id: 0123456789abcdef0123456789abcdef\nX-Sdk-Date: 20260102T030405Z", "",
		"x-project-id;x-sdk-date", `GET
/v1/0123456789abcdef0123456789abcdef/app-groups/actions/list-authorizations/
account=%E5%BC%A0%E4%B8%89%20a%2Bb%40x.com%2F~&account_type=USER&app_group_id=571784876773081141&limit=100&offset=0
x-project-id:0123456789abcdef0123456789abcdef
x-sdk-date:20260102T030405Z

x-project-id;x-sdk-date
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
		"f6424d58cd58ecdb1d30d4c79ffb0924590391495195511f9262bc222c181b1e", "2993cf2f07948e4ec1d101634abcc1af95c6098a2f381255ecf32d9447e19361",
	},
	{
		"V2", vectorKey, vectorSecret,
		"POST https://appstream.cn-north-4.myhuaweicloud.com/v1/0123456789abcdef0123456789abcdef/app-groups/authorizations\nContent-Type: application/json\nUser-Agent: entitlectl/0.1\nX-Language: en-us\nX-Project-Id: 0123456789abcdef0123456789abcdef\nX-Sdk-Date: 20260102T030405Z",
		`{"app_group_ids":["571784876773081141"],"accounts":[{"id":"99558194716db7d601719f9b61850042","account":"group1","account_type":"USER_GROUP"}]}`,
		"user-agent;x-language;x-project-id;x-sdk-date", `POST
/v1/0123456789abcdef0123456789abcdef/app-groups/authorizations/

user-agent:entitlectl/0.1
x-language:en-us
x-project-id:0123456789abcdef0123456789abcdef
x-sdk-date:20260102T030405Z

user-agent;x-language;x-project-id;x-sdk-date
9198a6d3a24d560c3fe7348607b9a0cec938ca0375dc1214d709760206caab90`,
		"d491dcc2723caf9ee80290821b155e82256d7dfdd2ff1bf6b818048540793b47", "e7ddecf3455cf25ca51cc3f7c63738a22e2161a6afae12d51c0f1243a1ee6747",
	},
	{
		"V3", vectorKey, vectorSecret,
		"GET https://workspace.cn-north-4.myhuaweicloud.com/v2/0123456789abcdef0123456789abcdef/users?domain&limit=100&offset=0&user_names=user2&user_names=User1&user_names=a%20b\nX-Project-Id: 0123456789abcdef0123456789abcdef\nX-Sdk-Date: 20260102T030405Z\nX-Security-Token: gQpjbi1ub3J0aC00EXAMPLETOKEN==", "",
		"host;x-project-id;x-sdk-date;x-security-token", `GET
/v2/0123456789abcdef0123456789abcdef/users/
domain=&limit=100&offset=0&user_names=User1&user_names=a%20b&user_names=user2
host:workspace.cn-north-4.myhuaweicloud.com
x-project-id:0123456789abcdef0123456789abcdef
x-sdk-date:20260102T030405Z
x-security-token:gQpjbi1ub3J0aC00EXAMPLETOKEN==

host;x-project-id;x-sdk-date;x-security-token
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
		"6be71a69a21a40d71733ac59b47df9e5036ac64d9bee4b4d300e89a9b98221af", "2566ab73f32c2ab69664ca1bca46fdcd564e7d3799fffe8c90dc73b3d905f304",
	},
	{
		"V4", vectorKey, vectorSecret,
		"POST https://workspace.cn-north-4.myhuaweicloud.com/v1/0123456789abcdef0123456789abcdef/app-center/apps/actions/batch-assign-authorization\nContent-Type: application/json\nX-Project-Id: 0123456789abcdef0123456789abcdef\nX-Sdk-Date: 20260102T030405Z",
		`{"app_ids":["3f791197-d166-4c8e-81e4-38c40ffc1989"],"authorization_type":"ASSIGN_USER","users":[{"account":"user1","account_type":"SIMPLE","platform_type":"LOCAL"}]}` + "\n",
		"host;x-project-id;x-sdk-date", `POST
/v1/0123456789abcdef0123456789abcdef/app-center/apps/actions/batch-assign-authorization/

host:workspace.cn-north-4.myhuaweicloud.com
x-project-id:0123456789abcdef0123456789abcdef
x-sdk-date:20260102T030405Z

host;x-project-id;x-sdk-date
6eb16755f506343d1c1e9d47223ecdacf6ad9c5c0e1be1b7de7c7bbf19a0f97d`,
		"5c77637365492d0502cfa1cda3989ca3d1f53124f6402a883a3446eb0e2ed04c", "cfb60e46648475b37fb9e3e7dd2551e90587d9cb0eb479c5aeab8ecac1229d65",
	},
}

const (
	vectorKey    = "HWEXAMPLEAK000000001"
	vectorSecret = "exampleSecretKey0123456789abcdefghijklmn"
)

func vectorRequest(i int) *http.Request {
	v := vectors[i]
	line, headers, _ := strings.Cut(v.request, "\n")
	method, url, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, url, strings.NewReader(v.body))
	for h := range strings.SplitSeq(headers, "\n") {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	return r
}

func TestSignatureVectors(t *testing.T) {
	for i, v := range vectors {
		r := vectorRequest(i)
		got := canonical(r, r.URL.Query(), []byte(v.body), strings.Split(v.signed, ";"))
		if got != v.canonical {
			t.Errorf("%s: canonical request\n%s\nwant\n%s", v.name, got, v.canonical)
		}
		if sum := sha256.Sum256([]byte(got)); hex.EncodeToString(sum[:]) != v.hash {
			t.Errorf("%s: hash %x, want %s", v.name, sum, v.hash)
		}
		if s := signature(v.sk, r.Header.Get("X-Sdk-Date"), got); s != v.want {
			t.Errorf("%s: signature %s, want %s", v.name, s, v.want)
		}
	}
}

// TestVectorsPassTheGateway sends the vectors at the time they were signed: 2026 in a bubble that begins in 2000.
func TestVectorsPassTheGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{Credentials: []Credential{
			{AccessKey: vectorKey, SecretKey: vectorSecret},
			{AccessKey: vectorKey, SecretKey: vectorSecret, SecurityToken: "gQpjbi1ub3J0aC00EXAMPLETOKEN=="},
		}}, smallSeed)
		c.Advance(time.Until(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
		for i, want := range map[int]int{1: 200, 2: 404, 3: 200, 4: 404} { // 404: signed, but about ids that are not there
			v := vectors[i]
			r := vectorRequest(i)
			r.Header.Set("Authorization", fmt.Sprintf("SDK-HMAC-SHA256 Access=%s, SignedHeaders=%s, Signature=%s", v.ak, v.signed, v.want))
			r.Header.Set("X-Domain-Id", "unsigned extras do not matter")
			if got := c.serve(r); got.Status != want {
				t.Errorf("%s: %d %s, want %d", v.name, got.Status, got.Text, want)
			}
		}
	})
}
