package alibabacloudemu

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

const (
	formType = "application/x-www-form-urlencoded"
	maxBody  = 1 << 20 // bytes of a body that the gateway reads
)

// message is a request that can be read.
type message struct {
	*http.Request
	body   []byte
	query  url.Values
	params url.Values // of query and form together
}

func receive(r *http.Request) (*message, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return nil, errIncomplete
	}
	m := &message{Request: r, body: body}
	if m.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return nil, errIncomplete
	}
	var form url.Values
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); media == formType {
		if form, err = url.ParseQuery(string(body)); err != nil {
			return nil, errIncomplete
		}
	}
	m.params = url.Values{}
	for _, from := range []url.Values{m.query, form} {
		for k, v := range from {
			m.params[k] = append(m.params[k], v...)
		}
	}
	return m, nil
}

// operation is what a request asks for: V3 says it in headers, V1 in parameters.
func operation(r *http.Request, params url.Values) name {
	if isV3(r) {
		return name{r.Header.Get("X-Acs-Version"), r.Header.Get("X-Acs-Action")}
	}
	return name{params.Get("Version"), params.Get("Action")}
}

func isV3(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), schemeV3+" ")
}
