package spec

// Rules are the limits that a plan must keep; each has its default where the file says nothing.
type Rules struct {
	MaxRevokes             Limit // count
	MaxRevokeShare         Limit // percent of a connection's live grants, from 10 up
	MaxRevokeShareResource Limit // percent of one resource's live grants, from 4 up
	MaxMails               Limit // count
	Protected              []Protection
	RequireSelf            *Protection // nil: not set
	MinMembers             []MinMembers
}

// Limit is a number or off.
type Limit struct {
	Off   bool
	Value int
}

// Protection names a subject everywhere ("user:alice"), or on one resource ("app-group:CAD/group:Designers"). A blank
// domain means that of the connection. A user whom the files define is named as vendors name them: protecting one who has
// an address makes two Protections, one of the account and one of the address, since mail groups know the address only.
type Protection struct {
	Resource  *Ref // nil: everywhere; its Connection is blank: any
	Subject   Subject
	Undefined bool // a user whom the files do not define, or no longer: an address of that name may be theirs
	Source    Position
}

// MinMembers asks for at least Count grants on resources of a kind whose name matches Name; "*" matches all.
type MinMembers struct {
	Kind   Kind
	Name   string
	Count  int
	Source Position
}

// DefaultRules is what holds where no file says anything.
var DefaultRules = Rules{
	MaxRevokes: Limit{Value: 25}, MaxRevokeShare: Limit{Value: 20}, MaxRevokeShareResource: Limit{Value: 50},
	MaxMails: Limit{Value: 500},
}
