package spec

import (
	"slices"
	"strings"
)

// KindSchema says how the files write the resources of one kind. The provider that has the kind declares it; no two
// providers declare the same kind or section.
type KindSchema struct {
	Kind      Kind
	Section   string // the key of their list at the top of a file
	ID        IDForm
	Ownership bool // takes ownership: and state:
	Create    bool // one that is listed and not there is made
	Delete    bool // with state: absent it is deleted; where nobody can, that is an error
	Rename    bool // one that had another name before is given its present one; where nobody can, that is blocked
	Settings  []Setting
	Lists     []List // who has which role; none: the kind holds no grants
	About     string // for editors, as in all schemas here

	// Names says what the vendor asks of the name of a new resource, where a name falls short of it; else "". What exists may have
	// any name. It is pure. nil: the vendor says nothing of names.
	Names func(name string) string
}

// IDForm is the key that names a resource, which says how names are compared.
type IDForm string

// The forms of names.
const (
	ByName    IDForm = "name"    // as written
	ByAddress IDForm = "address" // a mail address, in lower case
)

// Setting is a key with one value. Without Words, Address or User it takes any name.
type Setting struct {
	Key     string
	Words   []string // all that it takes
	Address bool     // a mail address, in lower case
	User    bool     // a user of the files, kept as the connection knows them
	Implied string   // of Words: what is meant where somebody is listed and the key is missing, unless more people may use the resource than that; where nobody is listed, the key must be there
	Opens   string   // of Words, beside Implied: everybody may use the resource, so nobody is listed
	Once    bool     // the vendor takes it once: a value that is there can't be changed
	Fixed   bool     // never compared nor changed, but sent along with changes
	Reach   *Reach   // nil: it does not say who may do something
	About   string
	Example string // a value, for editors; "": the first of Words, or any
}

// Reach says who may do something by a setting. One with User lets its user do it, and has no Words.
type Reach struct {
	Role  Role            // what they may do
	Words []string        // from the one that lets in most people on
	Lists map[string]Role // of Words: those that let in who holds a role. Of two of them neither lets in all whom the other does
	// Within is of Words that let in some without a list: the kinds of subjects that are surely among them. One that is not there
	// lets in all. Strangers may be on a list, and out where a company is let in.
	Within map[string][]SubjectKind
}

// Narrows says whether some of those whom one word lets in may be out with the other. A word that is not known may let in
// anybody.
func (r *Reach) Narrows(from, to string) bool {
	was, now := max(slices.Index(r.Words, from), 0), slices.Index(r.Words, to)
	return from != to && (now < 0 || now > was || r.Lists[from] != "" && (r.Lists[to] != "" || r.Within[to] != nil))
}

// Surely says whether a word lets in every subject of a kind, whoever is on lists.
func (r *Reach) Surely(word string, kind SubjectKind) bool {
	return slices.Contains(r.Within[word], kind)
}

// Setting finds the setting of a key, nil where there is none.
func (k *KindSchema) Setting(key string) *Setting {
	if k == nil {
		return nil
	}
	i := slices.IndexFunc(k.Settings, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		return nil
	}
	return &k.Settings[i]
}

// Takes says whether a list of the kind can hold subjects of a kind.
func (k *KindSchema) Takes(subject SubjectKind) bool {
	return slices.ContainsFunc(k.Lists, func(l List) bool { return slices.Contains(l.Takes, subject) })
}

// List is a key with a list of who has a role.
type List struct {
	Key   string
	Role  Role
	Takes []SubjectKind // where users are taken, so are teams
	Plain bool          // it takes bare words as well as grants
	When  *When         // nil: always there
	About string
}

// When is a setting and the word that it must have.
type When struct{ Setting, Word string }

// keys are all keys of a resource.
func (k *KindSchema) keys() []string {
	keys := []string{string(k.ID), "in", keyPreviously}
	if k.Ownership {
		keys = append(keys, "ownership", "state")
	}
	return slices.Concat(keys, Each(k.Settings, func(s Setting) string { return s.Key }), k.listKeys())
}

func (k *KindSchema) listKeys() []string {
	return Each(k.Lists, func(l List) string { return l.Key })
}

// states are the words that state: takes.
func (k *KindSchema) states() []string {
	if k.Delete {
		return resourceStates
	}
	return []string{present}
}

// fold brings a resource's name into the form that is compared.
func (k *KindSchema) fold(name string) string {
	if k.ID == ByAddress {
		return strings.ToLower(name)
	}
	return name
}

// takes are the kinds of items that the list holds.
func (l *List) takes() []SubjectKind {
	kinds := slices.Clone(l.Takes)
	if i := slices.Index(kinds, SubjectUser); i >= 0 {
		kinds = slices.Insert(kinds, i+1, kindTeam)
	}
	return kinds
}

// kindsOf are the kinds of all providers.
func kindsOf(formats []ProviderSchema) []*KindSchema {
	var kinds []*KindSchema
	for i := range formats {
		for k := range formats[i].Kinds {
			kinds = append(kinds, &formats[i].Kinds[k])
		}
	}
	return kinds
}

// holder is what items are listed in. All kinds that take the same ones are named together.
func (l *loader) holder(list *List) holder {
	var names []string
	for _, k := range l.kinds {
		if slices.ContainsFunc(k.Lists, func(o List) bool { return slices.Equal(o.Takes, list.Takes) }) {
			names = append(names, k.Kind.Words())
		}
	}
	return holder{article(either(names)), list.takes()}
}

// article puts "a" or "an" before a word.
func article(word string) string {
	if word != "" && strings.Contains("aeio", word[:1]) {
		return "an " + word
	}
	return "a " + word
}
