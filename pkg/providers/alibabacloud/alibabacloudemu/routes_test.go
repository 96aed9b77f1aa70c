package alibabacloudemu

import (
	"net/http"
	"strings"
	"testing"
)

// TestVersions calls each action in each version: section 1 of the API notes, where somebody calls it.
func TestVersions(t *testing.T) {
	inBubble(t, Options{}, "", func(c client) {
		for _, test := range []struct{ action, versions string }{
			{"PromoteResourceAccount", "2020-03-31"},
			{"ResendPromoteResourceAccountEmail", "2020-03-31"},
			{"ListAccountRecordsForParent", "2016-11-11"},
			{"CreateResourceAccount", "2020-03-31 2022-04-19"},
			{"GetAccount", "2020-03-31 2022-04-19"},
			{"ListAccounts", "2020-03-31 2022-04-19"},
			{"UpdateAccount", "2020-03-31 2022-04-19"},
			{"ListTrashAccounts", ""},
		} {
			for _, version := range []string{v2016, v2020, v2022} {
				want := "InvalidApi.NotFound"
				if strings.Contains(test.versions, version) {
					want = ""
				}
				got := c.do(version + " " + test.action)
				if (got.Code == "InvalidApi.NotFound") != (want != "") {
					t.Errorf("%s %s: %d %s", version, test.action, got.Status, got.Text)
				}
			}
		}
		c.want("NoSuchVersion", "2019-01-01 ListAccounts")
	})
}

func TestHosts(t *testing.T) {
	inBubble(t, Options{}, "", func(c client) {
		for _, test := range []struct{ host, version, code string }{
			{"resourcemanager.aliyuncs.com", v2016, "InvalidApi.NotFound"}, // it has no ListAccounts
			{"resourcemanager.aliyuncs.com:443", v2020, ""},
			{"resourcemanager.aliyuncs.com", v2022, "NoSuchVersion"},
			{"resourcedirectory.aliyuncs.com", v2022, ""},
			{"resourcedirectory-intl.aliyuncs.com", v2022, ""},
			{"resourcedirectory.aliyuncs.com", v2020, "NoSuchVersion"},
			{"resourcedirectorymaster.aliyuncs.com", v2022, "InvalidProduct.NotFound"},
			{"emulator.example", v2022, ""},
		} {
			r := c.request(test.version + " ListAccounts")
			r.Host = test.host
			signAs(r, AccessKeyID, AccessKeySecret)
			if got := c.serve(r); got.Code != test.code {
				t.Errorf("%v: %d %s", test, got.Status, got.Text)
			}
		}
		r := c.request(listAccounts)
		r.Method = http.MethodDelete
		signAs(r, AccessKeyID, AccessKeySecret)
		if got := c.serve(r); got.Code != "InvalidApi.NotFound" {
			t.Errorf("DELETE: %s", got.Text)
		}
	})
}
