package huaweicloudemu

import (
	"fmt"
	"net/http"
)

// origin is who answers with an error. Each has its own form of body.
type origin int

const (
	service origin = iota
	gateway
	iam
)

// problem is an error reply.
type problem struct {
	from   origin
	status int
	code   string
	msg    string
}

func (p *problem) Error() string { return p.code + ": " + p.msg }

// body is what is sent as JSON.
func (p *problem) body(requestID string) any {
	switch p.from {
	case gateway:
		return map[string]string{"error_code": p.code, "error_msg": p.msg, "request_id": requestID}
	case iam:
		return map[string]any{"error": map[string]any{
			"code": p.status, "message": p.msg, "title": http.StatusText(p.status),
		}}
	default:
		return map[string]string{"error_code": p.code, "error_msg": p.msg}
	}
}

// Errors that several calls answer with.
var (
	errNoAPI     = &problem{gateway, http.StatusNotFound, "APIGW.0101", "The API does not exist or has not been published in the environment"}
	errBadQuery  = &problem{gateway, http.StatusBadRequest, "APIGW.0201", "Bad request"}
	errTooLarge  = &problem{gateway, http.StatusRequestEntityTooLarge, "APIGW.0201", "Request entity too large"}
	errMethod    = &problem{service, http.StatusMethodNotAllowed, "WKS.00000405", "Method not allowed"}
	errMediaType = &problem{service, http.StatusUnsupportedMediaType, "WKS.00000415", "Media type not supported"}
	errEmpty     = &problem{service, http.StatusBadRequest, "WKS.0001", "The request message is empty."}
	errForbidden = &problem{service, http.StatusForbidden, "WKS.00081102", "No permission to access this resource."}
	errShared    = &problem{service, http.StatusBadRequest, "WKS.00131105", "In shared desktop mode, a server group can have one application group only."}
	errNoUser    = &problem{service, http.StatusBadRequest, "WKS.00170312", "The user does not exist."}
	errNoGroup   = &problem{service, http.StatusBadRequest, "WKS.00170208", "The user group does not exist."}
)

func invalid(format string, args ...any) *problem {
	return &problem{service, http.StatusBadRequest, "WKS.00211807", fmt.Sprintf("The parameter is invalid : '"+format+"'.", args...)}
}

func missing(what, id string) *problem {
	return &problem{service, http.StatusNotFound, "WKS.00211902", fmt.Sprintf("The %s %s does not exist", what, id)}
}

func conflict(format string, args ...any) *problem {
	return &problem{service, http.StatusConflict, "WKS.00211103", fmt.Sprintf("Conflict of the resource: "+format, args...)}
}

func unauthenticated(format string, args ...any) *problem {
	return &problem{gateway, http.StatusUnauthorized, "APIGW.0301", "Incorrect IAM authentication information: " + fmt.Sprintf(format, args...)}
}

func throttled(perMinute int) *problem {
	return &problem{gateway, http.StatusTooManyRequests, "APIGW.0308", fmt.Sprintf(
		"The throttling threshold has been reached: policy user over ratelimit,limit:%d,time:1 minute", perMinute)}
}
