package httpx

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// A key twice in one object is found at any depth and in any case; the same key in two objects, or as a value, is not one.
func TestDuplicateKeysAreFound(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}],"d":"a"}`: "", `["a","a"]`: "", `{"a":"\\","b":"\"a\":"}`: "", `{"":{}}`: "", ``: "", `[{"a":1,"b":2},{"a":1},{"a":1,"b":2,"c":3},{"b":1,"a":2}]`: "",
		`{"a":1,"a":2}`: "a", `{"x":[1,{"y":{"Count":0,"count":3}}]}`: "count", `{"a" :1,"\u0061"	:2}`: "a", `{"":1,"":2}`: "", `{"a":{"b":1},"a":{}}`: "a",
		`[{"a":1,"b":2},{"a":1,"b":2,"B":3}]`: "b", `[{"a":1,"b":2},{"b":1,"c":2,"b":3}]`: "b", `[{"a":1,"b":2,"c":3},{"a":1},{"a":1,"c":2,"C":3}]`: "c",
	} {
		if got := duplicateKey([]byte(text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		for end := range text {
			duplicateKey([]byte(text[:end])) // a part of it is not JSON, and must do no harm
			duplicateKey([]byte(text[end:]))
		}
	}
}

// A proxy that net/http would pass over, and go direct, is an error that names its variable and nothing of its value.
func TestProxiesThatCantBeRead(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		t.Setenv(name, "")
	}
	for value, ok := range map[string]bool{"": true, "http://proxy.example:3128": true, "proxy.example:3128": true, "socks5://u:secret@10.0.0.1:1080": true, "10.0.0.1:80": true,
		"http://u:secret@proxy example": false, "http://[::1": false, "ftp://u:secret@proxy.example": false, " ": false, "http://": false, "://secret": false, "http://proxy:port": false} {
		t.Setenv("https_proxy", value)
		_, err := New(Env{TryTimeout: time.Nanosecond}, "main", spec.Rates{}).Do(t.Context(), Request{Method: "POST", Base: "http://127.0.0.1:1"}, nil)
		said := strings.Contains(err.Error(), "https_proxy is no address of a proxy")
		if said == ok || strings.Contains(err.Error(), "secret") || said && provider.FailureOf(err).Fate != provider.NotDone {
			t.Errorf("%q: %v", value, err)
		}
	}
}

// Objects with many keys are looked at in another way, with the same result.
func TestDuplicateKeysOfWideObjects(t *testing.T) {
	for _, n := range []int{1, manyKeys - 1, manyKeys, manyKeys + 1, 3 * manyKeys} {
		text := "{"
		for i := range n {
			text += fmt.Sprintf(`"k%d": {"a": 1, "b": [{"a": 1}, {"a": 2}]},`, i)
		}
		if key := duplicateKey([]byte(text + `"last": 1}`)); key != "" {
			t.Errorf("%d keys: %q", n, key)
		}
		for _, again := range []int{0, n - 1} {
			if key := duplicateKey(fmt.Appendf(nil, `%s"K%d": 1}`, text, again)); key != fmt.Sprint("k", again) {
				t.Errorf("%d keys, number %d again: %q", n, again, key)
			}
		}
	}
}

// Answers share room one after another: what was made of one stays as it was when the next one is read into the same place.
func TestAnswersOutliveTheirRoom(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path[1:]
		if strings.HasPrefix(name, "no") {
			w.WriteHeader(http.StatusBadRequest)
		}
		fmt.Fprintf(w, `{"name": %q}`, name)
	}))
	defer server.Close()
	c := New(Env{}, "main", spec.Rates{})
	c.Explain = func(e *Error, _ http.Header, body []byte) { e.Message = string(body) }
	var kept []func() string
	for i := range 50 {
		var object struct{ Name json.RawMessage }
		var text Text
		get := func(name string, out any) error {
			_, err := c.Do(t.Context(), Request{Method: "GET", Base: server.URL, Path: "/" + name}, out)
			return err
		}
		name := fmt.Sprintf("%04d", i)
		err := errors.Join(get(name, &object), get(name, &text))
		refused := get("no"+name, nil)
		if err != nil || refused == nil {
			t.Fatal(err, refused)
		}
		kept = append(kept, func() string {
			return fmt.Sprint(string(object.Name), " ", text, " ", strings.Contains(refused.Error(), "no"+name))
		})
	}
	for i, shown := range kept {
		if got, want := shown(), fmt.Sprintf(`"%04d" {"name": "%04d"} true`, i, i); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
