package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Read reads a connection. Where a list that more stands on than one resource is not whole, nothing is known of any listed
// resource: live shows none of them, and says of each why nothing may be changed there. What reads back what was sent is an
// error then, and is asked again.
//
// A resource that is there under the name that it had before is shown under its present one, with the other as a setting.
func Read(ctx context.Context, source Source, of spec.Connection, q Query) (diff.Live, error) {
	live, err := readRenamed(ctx, source, q)
	var lacks *NotWhole
	if q.ReadBack || !errors.As(err, &lacks) {
		return live, err
	}
	live = diff.NewLive()
	for ref := range q.Desired.Resources {
		live.Resources[ref] = spec.Resource{Incomplete: lacks.Error()}
	}
	note := spec.Error{Position: of.Source, What: fmt.Sprintf("connection %s: %v", of.Name, lacks),
		Hint: "nothing is changed there in this run; run again when nobody else is changing it"}
	live.Notes = append(live.Notes, note.Error())
	return live, nil
}
