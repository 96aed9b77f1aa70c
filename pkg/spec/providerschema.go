package spec

import (
	"slices"
	"time"
)

// ProviderSchema says what one provider's part of the file may hold. Each provider declares its own, so that the loader knows
// no vendor.
type ProviderSchema struct {
	Provider     string
	Kinds        []KindSchema        // the resources that its connections may hold
	Auth         []AuthForm          // the accepted sets of auth keys; exactly one must match
	AuthKinds    map[string]AuthKind // of keys of Auth that are no secrets
	TokenFileEnv []string            // variables of the vendor's that hold the path of a token: what keys of AuthTokenFile name outside of an operator's file
	Metadata     string              // where the vendor's servers find their own credentials; plain http goes there, and to the loopback
	Hosts        []string            // the vendor's API, lower case, on https and port 443; {region} stands for one label that is a region's name
	Env          []string            // variables that auth may name beside ENTITLECTL_SECRET_*: NAME, or PREFIX*
	Keys         []string            // connection keys that it takes beside provider, auth, endpoint, rate and notices: "region", "project", "sign", …
	Required     []string            // those of Keys that must be there
	Booleans     []string            // those of Keys that are true or false; the others are names
	Words        map[string][]string // all that those of Keys take which take words, beside true and false where they are of Booleans
	Endpoints    []string            // API families whose endpoints can be overridden one by one; none: only a single endpoint
	Experimental []string            // words that experimental: takes
	Domain       string              // what a blank domain means; "" where the vendor has no domains
	Rate         Rates               // the vendor's published figures, used where the file sets none
	Mails        []Mail              // what the vendor sends by itself about changes, and can be asked to send again
	Languages    []string            // words that language: takes; none: the vendor's API has no choice of a language for its mails
	Packing      bool                // whether one call acts on every resource it lists times every subject it lists

	// Identity is the name by which a connection knows a person, blank where it can't: without an email. It is pure.
	// nil: byAccount.
	Identity func(Person) Subject
	// Flaw finds what of a connection can't work, whoever runs it: the key, what is wrong with its value, and what to do. "" for
	// the key: nothing. It asks nobody. nil: no such thing is known.
	Flaw func(Connection) (key, flaw, hint string)
	// About says for editors what each of Keys and Endpoints and each key of Auth is.
	About map[string]string
	// Examples are values of Keys and of keys of Auth, for editors.
	Examples map[string]any
}

// AuthForm is one way to prove who we are: all of Keys, and any of Optional.
type AuthForm struct {
	Keys     []string
	Optional []string
}

// Holds says whether exactly the keys of the form are there.
func (f AuthForm) Holds(given map[string]string) bool {
	for key := range given {
		if !slices.Contains(f.Keys, key) && !slices.Contains(f.Optional, key) {
			return false
		}
	}
	return !slices.ContainsFunc(f.Keys, func(key string) bool { return given[key] == "" })
}

// AuthKind is what the value of an auth key is. Who may only propose changes chooses among what the environment offers; what could
// lead elsewhere is for the operator's file to say.
type AuthKind int

// The kinds.
const (
	AuthSecret    AuthKind = iota // env: or file:, in every file
	AuthName                      // no secret, such as a role: env: or file:, and in an operator's file as it is
	AuthTokenFile                 // the absolute path of a file whose token changes: as it is in an operator's file, else by one of TokenFileEnv
	AuthAddress                   // the base URL of a metadata service; in an operator's file alone
	AuthCommand                   // a program that prints a credential; in an operator's file alone
)

// Command is a program that prints a credential, without a shell.
type Command struct {
	Argv    []string      // the first is an absolute path, or a name that PATH leads to
	Env     []string      // variables that it gets beside the usual ones
	Timeout time.Duration // from 1 s to 10 min; then it is killed
	Source  Position
}
