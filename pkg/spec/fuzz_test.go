package spec

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzLoad: whatever a file holds, loading it ends, without a panic, in a spec or in errors that say where.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/good/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal(files, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip()
		}
		path := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Load([]string{path}, testFormats())
		if err != nil {
			checkErrors(t, err)
			return
		}
		for name, state := range s.Desired(time.Unix(0, 0)) {
			for g := range state.Grants {
				if _, ok := state.Resources[g.Resource]; !ok || g.Resource.Connection != name || g.Subject.Name == "" || g.Role == "" {
					t.Errorf("connection %s grants %+v", name, g)
				}
			}
		}
	})
}
