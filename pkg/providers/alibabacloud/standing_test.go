package alibabacloud_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud/alibabacloudemu"
)

// A plan that promotes an account which is being deleted says so.
func TestAccountsThatAreBeingDeleted(t *testing.T) {
	for status, noted := range map[string]bool{"": false, "DeleteFailed": false, "Checking": true, "Deleting": true} {
		d := newDirectory(t, alibabacloudemu.Options{}, small)
		d.Rewrite(func(_ *http.Request, answer map[string]any) {
			providertest.EachList(answer, func(rows []map[string]any) []map[string]any {
				for _, row := range rows {
					row["DeletionStatus"] = status
				}
				return rows
			})
		})
		live, err := d.Open(t).Read(t.Context(), providertest.All(desired("cloud", "billing")))
		if notes := fmt.Sprint(live.Notes); err != nil || strings.Contains(notes, "being deleted") != noted {
			t.Errorf("%s: notes %s, error %v", status, notes, err)
		}
	}
}
