package wps365

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The vendor's own vectors come first (WPS 365 open platform, request signing); the others were derived with the same key
// and date.
func TestSignVectors(t *testing.T) {
	const plain, list = "application/json", "https://openapi.wps.cn/v7/mail_groups?page_size=50"
	for _, v := range []struct {
		name, method, url, contentType, body, signature string
	}{
		{"vendor: no body", "GET", "https://openapi.wps.cn/v7/test?key=value", plain, "", "ce8df66877175e5198c8ea1362ffddf82e4941c6f25a4ca205a1ad09d0faaf03"},
		{"vendor: body", "POST", "https://openapi.wps.cn/v7/test/body", plain, `{"key": "value"}`, "c46e6c988130818ecba2484d51ac685948fbbef6814602c7874d6bfc41dc17b3"},
		{"spaces in the body count", "POST", "https://openapi.wps.cn/v7/test/body", plain, `{"key":"value"}`, "ef1ebfebb7aa295ef94a24342b776cceb534500f81de5f849f44672becde72ce"},
		{"no content type", "GET", "https://openapi.wps.cn/v7/test?key=value", "", "", "9d3a5d53ab5b6ddec21e90d88e19a33928185be7a0df2c2aedb214eebaf33669"},
		{"charset", "POST", "https://openapi.wps.cn/v7/test/body", "application/json; charset=utf-8", `{"key": "value"}`, "7fbd3777ddce26f2d78c4a6ad9282f17fbb38c078f46a87b5c2669b446ae3e93"},
		{"encoded query", "GET", list + "&page_token=aa%2Bbb%3D&with_total=true", plain, "", "edde1cdd3c685eaa6d79bc6c548534e4465c74782c9b22316de330eaa4be88c4"},
		{"first page", "GET", list + "&with_total=true", plain, "", "070ae82c4cbc809b354b50eecf0c4d550e5a8b3278135575fd7c96dd3ee4ae37"},
		{"create", "POST", "https://openapi.wps.cn/v7/mail_groups", plain, `{"accepted_type":"company","address":"eng@example.com","name":"Engineering","owner_address":"ada@example.com"}`, "1cccdb1f50953edfb57b437c0daf0ac143d26475cbeb5aa04c2a1bf57875f133"},
		{"body in UTF-8", "POST", "https://openapi.wps.cn/v7/mail_groups", plain, `{"accepted_type":"member","address":"yf@example.com","name":"研发","owner_address":"ada@example.com"}`, "4aeaf45f76c5434a7d195b1fe6ae74ed56d96b2191c598657e5af3de3c2ea2a1"},
		{"POST without body", "POST", "https://openapi.wps.cn/v7/mail_groups/g1/delete", plain, "", "4acd3959d71220accf7fde25f09f0ca4f85fa64d191e846bdeb13dd33b38f6de"},
		{"prefix is not signed", "GET", "https://host.example/openapi/v7/test?key=value", plain, "", "ce8df66877175e5198c8ea1362ffddf82e4941c6f25a4ca205a1ad09d0faaf03"},
	} {
		t.Run(v.name, func(t *testing.T) {
			r, err := http.NewRequest(v.method, v.url, strings.NewReader(v.body))
			if err != nil {
				t.Fatal(err)
			}
			if v.contentType != "" {
				r.Header.Set("Content-Type", v.contentType)
			}
			credentials{spec.NewSecret("AK123456"), spec.NewSecret("sk098765")}.sign(r, []byte(v.body), "/openapi", time.Date(2006, 1, 2, 15, 4, 5, 0, time.UTC))
			if got, want := r.Header.Get("X-Kso-Authorization"), "KSO-1 AK123456:"+v.signature; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if got := r.Header.Get("X-Kso-Date"); got != "Mon, 02 Jan 2006 15:04:05 GMT" {
				t.Errorf("date %q", got)
			}
		})
	}
}
