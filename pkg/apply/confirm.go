package apply

import (
	"strconv"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// confirmedKey is the key under which is kept what was last confirmed of a resource.
func confirmedKey(ref spec.Ref) string { return ref.Connection + "/confirmed/" + ref.String() }

// LastConfirmed looks up what was last confirmed of resources.
func LastConfirmed(kv store.KV) func(spec.Ref) (diff.Confirmed, bool) {
	return func(ref spec.Ref) (diff.Confirmed, bool) {
		return diff.DecodeConfirmed(lastText(kv, confirmedKey(ref)))
	}
}

// keptAtOnce is how many bytes of what was confirmed are written at once, each time with a sync: all of a million grants are not to
// be in memory as text.
const keptAtOnce = 2 << 20

// keepConfirmed keeps what an apply of a part confirmed, as far as it is news. It is not for a part whose connection could
// not be used, nor for a saved plan whose files have changed since; see diff.ConfirmedBy.
func keepConfirmed(kv store.KV, part diff.ConnectionPlan, desired spec.State, results []diff.ChangeResult) error {
	news, size := map[string]string{}, 0
	keep := func() error {
		if len(news) == 0 {
			return nil
		}
		defer clear(news)
		size = 0
		return kv.PutAll(news)
	}
	for ref, confirmed := range diff.ConfirmedBy(part, desired, results) {
		key, text := confirmedKey(ref), confirmed.Encode()
		if lastText(kv, key) == text {
			continue
		}
		news[key] = text
		if size += len(text); size < keptAtOnce {
			continue
		}
		if err := keep(); err != nil {
			return err
		}
	}
	if desired.People != nil {
		if key, text := peopleKey(part.Name), strconv.Itoa(desired.People.Now); text != lastText(kv, key) {
			news[key] = text
		}
	}
	return keep()
}

func peopleKey(connection string) string { return connection + "/people" }

// lastText is what is kept under a key; "" where nothing is.
func lastText(kv store.KV, key string) string {
	text, _ := kv.Get(key)
	return text
}

// LastPeople is how many people the files listed elsewhere when a connection was last applied; 0: nothing tells.
func LastPeople(kv store.KV, connection string) int {
	n, err := strconv.Atoi(lastText(kv, peopleKey(connection)))
	if err != nil {
		return 0
	}
	return n
}
