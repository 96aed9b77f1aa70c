package spec

// ProviderSchema says what one provider's part of the file may hold. Each provider declares its own, so that the loader knows
// no vendor.
type ProviderSchema struct {
	Provider     string
	Kinds        []KindSchema        // the resources that its connections may hold
	Auth         []AuthForm          // the accepted sets of auth keys; exactly one must match
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
}

// AuthForm is one way to prove who we are: all of Keys, and any of Optional.
type AuthForm struct {
	Keys     []string
	Optional []string
}
