package spec

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// bigFile is a file with n bare grants of 1,000 users on n/1000 app groups, each group's on one line.
func bigFile(n int) []byte {
	const users = 1000
	var b bytes.Buffer
	b.WriteString("version: 1\nconnections:\n  w: {provider: cloud, region: r, auth: {token: env:T}}\nusers:\n")
	for u := range users {
		fmt.Fprintf(&b, "  - {name: user%04d}\n", u)
	}
	b.WriteString("appGroups:\n")
	for g := range n / users {
		fmt.Fprintf(&b, "  - name: group%d\n    in: w\n    grants:\n      - to:\n", g)
		for u := range users {
			fmt.Fprintf(&b, "          - user%04d\n", u)
		}
	}
	return b.Bytes()
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "big.yaml")
			if err := os.WriteFile(path, bigFile(n), 0o600); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				s, err := Load(input(path))
				if err != nil {
					b.Fatal(err)
				}
				if got := s.Desired(time.Unix(0, 0))["w"].Grants.Len(); got != n {
					b.Fatalf("%d grants, want %d", got, n)
				}
			}
		})
	}
}

// BenchmarkWide shows that wide mappings and lists cost in proportion to their width.
func BenchmarkWide(b *testing.B) {
	for _, n := range []int{10_000, 40_000, 160_000} {
		for name, line := range map[string]string{
			"teams": "  team%d: []\n", "unknown keys": "  key%d: 1\n", "unknown users": "  - {name: g%[1]d, in: w, grants: [{to: [u%[1]d]}]}\n",
		} {
			var data bytes.Buffer
			data.WriteString(map[string]string{"teams": "version: 1\nteams:\n", "unknown keys": "version: 1\nrules:\n",
				"unknown users": "version: 1\nappGroups:\n"}[name])
			for i := range n {
				fmt.Fprintf(&data, line, i)
			}
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				path := filepath.Join(b.TempDir(), "wide.yaml")
				if err := os.WriteFile(path, data.Bytes(), 0o600); err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					_, _ = Load(input(path))
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/line")
			})
		}
	}
}
