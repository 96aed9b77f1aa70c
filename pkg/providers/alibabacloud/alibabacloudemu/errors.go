package alibabacloudemu

// problem is an error reply.
type problem struct {
	status    int
	code, msg string
	rateLimit string // header that tells how long to wait
}

func (p *problem) Error() string { return p.code + ": " + p.msg }

// Errors of the gateway. Their statuses are documented for other products on the same gateway.
var (
	errIncomplete = &problem{status: 400, code: "IncompleteSignature", msg: "The request signature does not conform to Aliyun standards."}
	errNoKey      = &problem{status: 400, code: "InvalidAccessKeyId.NotFound", msg: "Specified access key is not found."}
	errToken      = &problem{status: 400, code: "InvalidSecurityToken.Malformed", msg: "Specified SecurityToken is malformed."}
	errTokenLate  = &problem{status: 400, code: "InvalidSecurityToken.Expired", msg: "Specified SecurityToken is expired."}
	errTokenOther = &problem{status: 400, code: "InvalidSecurityToken.MismatchWithAccessKey", msg: "Specified SecurityToken mismatches with the AccessKey."}
	errDateForm   = &problem{status: 400, code: "InvalidTimeStamp.Format", msg: "Specified time stamp or date value is not well formatted."}
	errDateLate   = &problem{status: 400, code: "InvalidTimeStamp.Expired", msg: "Specified time stamp or date value is expired."}
	errNonceUsed  = &problem{status: 400, code: "SignatureNonceUsed", msg: "Specified signature nonce was used already."}
	errNoProduct  = &problem{status: 404, code: "InvalidProduct.NotFound", msg: "Cannot find product according to your specified domain."}
	errNoVersion  = &problem{status: 400, code: "NoSuchVersion", msg: "The specified version does not exist."}
	errNoAction   = &problem{status: 404, code: "InvalidApi.NotFound", msg: "Specified api is not found,please check your url and method."}
)

// mismatched is the answer to a wrong signature. For V1 the gateway shows what it would have signed.
func mismatched(text string) *problem {
	p := &problem{status: 400, code: "SignatureDoesNotMatch", msg: "Specified signature is not matched with our calculation."}
	if text != "" {
		p.msg += " server string to sign is:" + text
	}
	return p
}

func throttled(rateLimit string) *problem {
	return &problem{status: 400, code: "Throttling.User", msg: "Request was denied due to user flow control.", rateLimit: rateLimit}
}

// Errors of STS.
var (
	errNoRole      = &problem{status: 404, code: "EntityNotExist.Role", msg: "The specified Role not exists."}
	errNoProvider  = &problem{status: 401, code: "AuthenticationFail.NoPermission", msg: "No such OIDC Provider registered."}
	errIDToken     = &problem{status: 401, code: "AuthenticationFail.OIDCToken.Invalid", msg: "The Jwt content is invalid that cannot be recognized."}
	errIDTokenLate = &problem{status: 401, code: "AuthenticationFail.OIDCToken.Expired", msg: "This JsonWebToken is expired."}
)

// Errors of the service.
var (
	errNoDirectory = &problem{status: 404, code: "EntityNotExists.ResourceDirectory",
		msg: "The resource directory for the account is not enabled. We recommend that you first enable the resource directory for the account."}
	errNoAccount = &problem{status: 404, code: "EntityNotExists.Account",
		msg: "This resource directory account does not exist."}
	errNoRecord = &problem{status: 404, code: "EntityNotExists.AccountRecord",
		msg: "This resource directory account recordId does not exist."}
	errNoFolder = &problem{status: 404, code: "EntityNotExists.Folder",
		msg: "The resource directory folder does not exist."}
	errStatus = &problem{status: 409, code: "AccountTypeOrStatusMismatch",
		msg: "You cannot perform the action on the member account."}
	errType = &problem{status: 409, code: "AccountTypeMismatch",
		msg: "The type or status of the member account cannot satisfy the current operation."}
	errFrequency = &problem{status: 409, code: "LimitExceeded.Frequency",
		msg: "The frequency of request exceeds limit."}
	errEmailUsed = &problem{status: 409, code: "InvalidParameter.Email.AlreadyUsed",
		msg: "The email has been used."}
	errLoginUsed = &problem{status: 409, code: "EntityAlreadyExists.ResourceDirectory.Account",
		msg: "The email address that the system generates when you create a member account already exists. Try again later."}
	errNameUsed = &problem{status: 409, code: "InvalidParameter.Account.DisplayName.AlreadyUsed",
		msg: "The displayname of account has been used."}
	errNameForm = &problem{status: 400, code: "InvalidParameter.Account.DisplayName",
		msg: "The DisplayName of account is invalid."}
	errNameLength = &problem{status: 400, code: "InvalidParameter.Account.DisplayName.Length",
		msg: "The DisplayName of the account exceeds the length limit."}
	errNoName = &problem{status: 400, code: "MissingParameter.Account.DisplayName",
		msg: "You must specify DisplayName."}
)

func missing(name string) *problem {
	return &problem{status: 400, code: "MissingParameter." + name, msg: "You must specify " + name + "."}
}

func invalid(name string) *problem {
	return &problem{status: 400, code: "InvalidParameter." + name, msg: "The " + name + " is invalid."}
}
