package providers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers"
)

// BenchmarkPlan100k loads a file of 100,000 grants, reads as many live ones from the emulator in this process, and makes
// the plan of 1,000 changes, with packing and encoding.
func BenchmarkPlan100k(b *testing.B) {
	const groups, holders, people = 1000, 100, 2500
	var seed, file strings.Builder
	seed.WriteString("huaweicloud:\n  users:\n")
	file.WriteString("version: 1\nconnections:\n  main: {provider: huaweicloud, region: ap-southeast-3, project: 0123456789abcdef0123456789abcdef, auth: {accessKey: env:HUAWEICLOUD_KEY, secretKey: env:HUAWEICLOUD_SECRET}}\nusers:\n")
	for i := range people {
		fmt.Fprintf(&seed, "    - {name: u%04d}\n", i)
		fmt.Fprintf(&file, "  - {name: u%04d}\n", i)
	}
	seed.WriteString("  appGroups:\n")
	file.WriteString("appGroups:\n")
	for g := range groups {
		var live, wanted []string
		for k := range holders {
			live = append(live, fmt.Sprintf("u%04d", (g*7+k)%people))
			wanted = append(wanted, fmt.Sprintf("u%04d", (g*7+k+g%2)%people))
		}
		fmt.Fprintf(&seed, "    - {name: G%04d, grants: [%s]}\n", g, strings.Join(live, ", "))
		fmt.Fprintf(&file, "  - {name: G%04d, in: main, grants: [{to: [%s]}]}\n", g, strings.Join(wanted, ", "))
	}
	p, _ := providers.Find("huaweicloud")
	tenant := providertest.Start(b, kit(p), seed.String())
	path := filepath.Join(b.TempDir(), "entitlements.yaml")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		made := providertest.Plan(b, tenant.FileJob(b, path))
		if _, err := made.Encode(); err != nil {
			b.Fatal(err)
		}
		if made.Summary.Grant != 500 || made.Summary.Revoke != 500 {
			b.Fatalf("summary %+v", made.Summary)
		}
	}
}
