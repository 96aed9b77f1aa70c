package huaweicloud

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
)

// throttle stands in the gateway's 429.
var throttle = regexp.MustCompile(`limit:\d+,time:(\d+) ?(second|minute|hour|day)`)

var units = map[string]time.Duration{"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}

// explain reads error bodies. Codes are reported but never branched on: one code has several meanings in the vendor's own
// tables.
func explain(e *httpx.Error, header http.Header, body []byte) {
	e.RequestID = header.Get("X-Request-Id")
	var f failure
	if json.Unmarshal(body, &f) != nil {
		return
	}
	e.Code, e.Message = f.Code, f.Message
	if e.Code == "" && e.Message == "" {
		e.Code, e.Message = f.Nested.Code.String(), f.Nested.Message
	}
	if e.RequestID == "" {
		e.RequestID = f.RequestID
	}
	e.Own = e.Code != "" && !strings.HasPrefix(e.Code, "APIG") // the gateway's codes begin so
	for _, more := range []struct{ name, text string }{{"detail", f.Detail}, {"encoded authorization message", f.Authorization}} {
		if more.text != "" {
			e.Message = strings.TrimPrefix(e.Message+"; "+more.name+": "+more.text, "; ")
		}
	}
	if m := throttle.FindStringSubmatch(e.Message); m != nil && e.Status == http.StatusTooManyRequests && e.Wait == 0 {
		count, err := strconv.Atoi(m[1])
		if err == nil && count > 0 && count < 100 {
			e.Wait = max(2*time.Second, time.Duration(count)*units[m[2]]/6) // places in the window come free all along
		}
	}
}
