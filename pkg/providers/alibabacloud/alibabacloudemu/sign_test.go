package alibabacloudemu

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

// vectorsV1 and vectorsV3 are section 6.5 of the API notes.
var vectorsV1 = []struct {
	name, method, canonical, text, want string
}{
	{
		"V1-0", "GET",
		"AccessKeyId=testid&Action=DescribeRegions&Format=XML&SignatureMethod=HMAC-SHA1&SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&SignatureVersion=1.0&Timestamp=2016-02-23T12%3A46%3A24Z&Version=2014-05-26",
		"", "OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
	},
	{
		"V1-A", "POST",
		"AccessKeyId=testid&Action=ResendPromoteResourceAccountEmail&Format=json&RecordId=06950264-3f0d-4ca9-82dd-6ee7a3d33d6b&SignatureMethod=HMAC-SHA1&SignatureNonce=0123456789abcdef0123456789abcdef&SignatureVersion=1.0&Timestamp=2024-06-05T08%3A00%3A00Z&Version=2020-03-31",
		"POST&%2F&AccessKeyId%3Dtestid%26Action%3DResendPromoteResourceAccountEmail%26Format%3Djson%26RecordId%3D06950264-3f0d-4ca9-82dd-6ee7a3d33d6b%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D0123456789abcdef0123456789abcdef%26SignatureVersion%3D1.0%26Timestamp%3D2024-06-05T08%253A00%253A00Z%26Version%3D2020-03-31",
		"d5LQn/BdZFLScPFU797qj8StnWw=",
	},
	{
		"V1-A with GET", "GET",
		"AccessKeyId=testid&Action=ResendPromoteResourceAccountEmail&Format=json&RecordId=06950264-3f0d-4ca9-82dd-6ee7a3d33d6b&SignatureMethod=HMAC-SHA1&SignatureNonce=0123456789abcdef0123456789abcdef&SignatureVersion=1.0&Timestamp=2024-06-05T08%3A00%3A00Z&Version=2020-03-31",
		"", "wHP+77DbV/DifwW6+L70+jemNJs=",
	},
	{
		"V1-B", "POST",
		"AccessKeyId=testid&AccountId=1234567890123456&Action=PromoteResourceAccount&Email=dev%2Bops%20%2A~%25%26%3D%2F%C3%A9%40example.com&Format=json&SecurityToken=CAISstsTOKEN%2B%2F%3D%3D&SignatureMethod=HMAC-SHA1&SignatureNonce=fedcba9876543210fedcba9876543210&SignatureVersion=1.0&Timestamp=2024-06-05T08%3A00%3A00Z&Version=2020-03-31",
		"POST&%2F&AccessKeyId%3Dtestid%26AccountId%3D1234567890123456%26Action%3DPromoteResourceAccount%26Email%3Ddev%252Bops%2520%252A~%2525%2526%253D%252F%25C3%25A9%2540example.com%26Format%3Djson%26SecurityToken%3DCAISstsTOKEN%252B%252F%253D%253D%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3Dfedcba9876543210fedcba9876543210%26SignatureVersion%3D1.0%26Timestamp%3D2024-06-05T08%253A00%253A00Z%26Version%3D2020-03-31",
		"ZoHx0Jm3VBHNhHbzfiI3QRMJEg4=",
	},
	{
		"V1-C", "POST",
		"AccessKeyId=testid&Action=ListAccounts&Format=json&MaxResults=100&NextToken=&SignatureMethod=HMAC-SHA1&SignatureNonce=11112222333344445555666677778888&SignatureVersion=1.0&Tag.1.Key=team&Tag.1.Value=a%20b&Timestamp=2024-06-05T08%3A00%3A00Z&Version=2022-04-19",
		"", "1I6FQoDYGamHFzmGKRvtiltwi0A=",
	},
}

var vectorsV3 = []struct {
	name, host, query, headers, body string
	canonical, hash, want            string // a blank canonical is not told
}{
	{
		name: "V3-0", host: "ecs.cn-shanghai.aliyuncs.com",
		query:   "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
		headers: "x-acs-action:RunInstances\nx-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-acs-date:2023-10-26T10:22:32Z\nx-acs-signature-nonce:3156853299f313e23d1673dc12e1703d\nx-acs-version:2014-05-26",
		hash:    "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259",
		want:    "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
	},
	{
		name: "V3-A", host: "resourcemanager.aliyuncs.com",
		query:   "RecordId=06950264-3f0d-4ca9-82dd-6ee7a3d33d6b",
		headers: "x-acs-action:ResendPromoteResourceAccountEmail\nx-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-acs-date:2024-06-05T08:00:00Z\nx-acs-signature-nonce:0123456789abcdef0123456789abcdef\nx-acs-version:2020-03-31",
		canonical: `POST
/
RecordId=06950264-3f0d-4ca9-82dd-6ee7a3d33d6b
host:resourcemanager.aliyuncs.com
x-acs-action:ResendPromoteResourceAccountEmail
x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
x-acs-date:2024-06-05T08:00:00Z
x-acs-signature-nonce:0123456789abcdef0123456789abcdef
x-acs-version:2020-03-31

host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
		hash: "447f0488d1aec79b0198c6fbd0f7d6b92dd40cbba3763de96c2e6b994820a408",
		want: "88491014bea8d11a9159ff32343d90b8ec1350c42c315588a8171881221d3bed",
	},
	{
		name: "V3-B", host: "resourcemanager.aliyuncs.com",
		query:   "Email=dev%2Bops+%2A~%25%26%3D%2F%C3%A9%40example.com&AccountId=1234567890123456",
		headers: "x-acs-accesskey-id:testid\nx-acs-action:PromoteResourceAccount\nx-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-acs-date:2024-06-05T08:00:00Z\nx-acs-security-token:CAISstsTOKEN+/==\nx-acs-signature-nonce:fedcba9876543210fedcba9876543210\nx-acs-version:2020-03-31",
		canonical: `POST
/
AccountId=1234567890123456&Email=dev%2Bops%20%2A~%25%26%3D%2F%C3%A9%40example.com
host:resourcemanager.aliyuncs.com
x-acs-accesskey-id:testid
x-acs-action:PromoteResourceAccount
x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
x-acs-date:2024-06-05T08:00:00Z
x-acs-security-token:CAISstsTOKEN+/==
x-acs-signature-nonce:fedcba9876543210fedcba9876543210
x-acs-version:2020-03-31

host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
		hash: "e2237f4aafa88c9821e41ac5511d2eec07a3bb01ac62ba4d5ac7668b719a206a",
		want: "ffc75643805eb34cca22738ef9e289a1be6e7b2ece96e81636952b08a3488119",
	},
	{
		name: "V3-C", host: "resourcedirectory.aliyuncs.com",
		headers: "content-type:application/x-www-form-urlencoded\nx-acs-action:UpdateAccount\nx-acs-content-sha256:2d35094974607c9dd432b5d212851cbdc38e3b8674264da6f78f98313f3b82f2\nx-acs-date:2024-06-05T08:00:00Z\nx-acs-signature-nonce:11112222333344445555666677778888\nx-acs-version:2022-04-19",
		body:    "AccountId=1234567890123456&NewAccountType=CloudAccount",
		canonical: `POST
/

content-type:application/x-www-form-urlencoded
host:resourcedirectory.aliyuncs.com
x-acs-action:UpdateAccount
x-acs-content-sha256:2d35094974607c9dd432b5d212851cbdc38e3b8674264da6f78f98313f3b82f2
x-acs-date:2024-06-05T08:00:00Z
x-acs-signature-nonce:11112222333344445555666677778888
x-acs-version:2022-04-19

content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version
2d35094974607c9dd432b5d212851cbdc38e3b8674264da6f78f98313f3b82f2`,
		hash: "5059644493746851b3a0b646e41e2f1fe4ca73a3a18013a64640f7f47851a0ed",
		want: "c4a178ea31731caafc6a29a91a45620d5f6ebca2fc2b6ae495775850dd94f537",
	},
	{
		name: "V3-D", host: "resourcedirectory.aliyuncs.com",
		query:   "MaxResults=100&NextToken=&Tag.1.Key=team&Tag.1.Value=a+b",
		headers: "x-acs-action:ListAccounts\nx-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-acs-date:2024-06-05T08:00:00Z\nx-acs-signature-nonce:22223333444455556666777788889999\nx-acs-version:2022-04-19",
		hash:    "198f8838edd700ec2edd631788ac65499819b1229768c88adaa97c6fd8b840f5",
		want:    "7a51cc58089c0c1353741ad4958dac0f7347eb35f72d97cfb8194b34d536d2dc",
	},
}

// vectorRequest is a vector as it is sent, and the headers that it signs.
func vectorRequest(i int) (*http.Request, []string) {
	v := vectorsV3[i]
	r := httptest.NewRequest("POST", "https://"+v.host+"/?"+v.query, strings.NewReader(v.body))
	signed := []string{"host"}
	for h := range strings.SplitSeq(v.headers, "\n") {
		name, value, _ := strings.Cut(h, ":")
		r.Header.Set(name, value)
		if signed = append(signed, name); name == "content-type" {
			signed[0], signed[1] = signed[1], signed[0]
		}
	}
	key := "testid"
	if v.name == "V3-0" {
		key = "YourAccessKeyId"
	}
	r.Header.Set("Authorization", "ACS3-HMAC-SHA256 Credential="+key+",SignedHeaders="+strings.Join(signed, ";")+",Signature="+v.want)
	return r, signed
}

func TestVectorsV1(t *testing.T) {
	for _, v := range vectorsV1 {
		params, err := url.ParseQuery(v.canonical)
		if err != nil {
			t.Fatal(err)
		}
		emutest.Same(t, v.name+": canonical query", canonicalQuery(params), v.canonical)
		params.Set("Signature", "not signed")
		text := textV1(v.method, params)
		if v.text != "" {
			emutest.Same(t, v.name+": string to sign", text, v.text)
		}
		emutest.Same(t, v.name+": signature", signV1("testsecret", text), v.want)
	}
}

func TestVectorsV3(t *testing.T) {
	for i, v := range vectorsV3 {
		r, signed := vectorRequest(i)
		got := canonicalV3(r, r.URL.Query(), signed, emu.Hash([]byte(v.body)))
		if v.canonical != "" {
			emutest.Same(t, v.name+": canonical request", got, v.canonical)
		}
		emutest.Same(t, v.name+": string to sign", textV3(got), "ACS3-HMAC-SHA256\n"+v.hash)
		secret := "testsecret"
		if v.name == "V3-0" {
			secret = "YourAccessKeySecret"
		}
		emutest.Same(t, v.name+": signature", emu.MAC(secret, textV3(got)), v.want)
	}
}

// TestVectorsPassTheGateway sends the vectors at the time they were signed: in a bubble, which begins in 2000.
func TestVectorsPassTheGateway(t *testing.T) {
	opts := Options{Credentials: []Credential{
		{AccessKeyID: "testid", AccessKeySecret: "testsecret"},
		{AccessKeyID: "testid", AccessKeySecret: "testsecret", SecurityToken: "CAISstsTOKEN+/=="},
		{AccessKeyID: "YourAccessKeyId", AccessKeySecret: "YourAccessKeySecret"},
	}}
	at := func(c client, when time.Time) { c.Advance(when.Sub(c.Now())) }
	june := time.Date(2024, 6, 5, 8, 0, 0, 0, time.UTC)
	for i, want := range []string{"InvalidProduct.NotFound", "EntityNotExists.AccountRecord", "InvalidParameter.Email", "EntityNotExists.Account", ""} {
		inBubble(t, opts, smallSeed, func(c client) {
			at(c, time.Date(2023, 10, 26, 10, 22, 32, 0, time.UTC))
			if i > 0 {
				at(c, june)
			}
			r, _ := vectorRequest(i)
			if got := c.serve(r); got.Code != want {
				t.Errorf("%s: %d %s, want %q", vectorsV3[i].name, got.Status, got.Text, want)
			}
		})
	}
	for i, want := range []string{"NoSuchVersion", "EntityNotExists.AccountRecord", "EntityNotExists.AccountRecord", "InvalidParameter.Email", ""} {
		inBubble(t, opts, smallSeed, func(c client) {
			v := vectorsV1[i]
			at(c, time.Date(2016, 2, 23, 12, 46, 24, 0, time.UTC))
			if i > 0 {
				at(c, june)
			}
			query := strings.ReplaceAll(v.canonical, "%20", "+") + "&Signature=" + url.QueryEscape(v.want)
			if got := c.serve(httptest.NewRequest(v.method, "/?"+query, nil)); got.Code != want {
				t.Errorf("%s: %d %s, want %q", v.name, got.Status, got.Text, want)
			}
		})
	}
}
