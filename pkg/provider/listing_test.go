package provider_test

import (
	"errors"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider"
)

// A list is asked for once for a listing. What is not known to be whole is asked for again, and so is everything without a listing;
// who holds what is kept only where that is wanted, since it is much.
func TestListingsKeepWholeLists(t *testing.T) {
	type listed = provider.Listed[string]
	whole := listed{Rows: []string{"a", "b"}, Total: 2}
	for name, c := range map[string]struct {
		listing *provider.Listing
		once    func(*provider.Listing, string, func() (listed, error)) (listed, error)
		gives   listed
		err     error
		asks    int // in three reads
	}{
		"no listing":                 {nil, provider.Once[string], whole, nil, 3},
		"resources":                  {provider.NewListing(false), provider.Once[string], whole, nil, 1},
		"holders that are not kept":  {provider.NewListing(false), provider.HoldersOnce[string], whole, nil, 3},
		"holders":                    {provider.NewListing(true), provider.HoldersOnce[string], whole, nil, 1},
		"holders without a listing":  {nil, provider.HoldersOnce[string], whole, nil, 3},
		"not whole":                  {provider.NewListing(true), provider.Once[string], listed{Rows: []string{"a"}, Broken: "its count changed"}, nil, 3},
		"an error":                   {provider.NewListing(true), provider.Once[string], listed{}, errors.New("http 500"), 3},
		"more rows than were wanted": {provider.NewListing(true), provider.Once[string], listed{Total: 500}, provider.ErrTooLong, 3},
	} {
		asks := 0
		for range 3 {
			got, err := c.once(c.listing, "groups", func() (listed, error) {
				asks++
				return c.gives, c.err
			})
			if !errors.Is(err, c.err) || len(got.Rows) != len(c.gives.Rows) || got.Broken != c.gives.Broken || got.Total != c.gives.Total {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		if _, err := c.once(c.listing, "apps", func() (listed, error) { return whole, nil }); err != nil || asks != c.asks {
			t.Errorf("%s: asked %d times, want %d; %v", name, asks, c.asks, err)
		}
	}
}
