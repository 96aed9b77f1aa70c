// Package pkg_test holds the test of how the packages below this folder depend on each other.
package pkg_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/entitlectl/entitlectl/"

// allowed says what each package may import of ours, tests aside. PROVIDER stands for each vendor's folder.
var allowed = map[string][]string{
	"pkg/spec":                           {},
	"pkg/spec/compose":                   {"pkg/spec"},
	"pkg/git":                            {},
	"pkg/diff":                           {"pkg/spec"},
	"pkg/access":                         {"pkg/diff", "pkg/spec"},
	"pkg/diff/render":                    {"pkg/access", "pkg/diff", "pkg/spec"},
	"pkg/store":                          {},
	"pkg/store/file":                     {"pkg/store"},
	"pkg/store/postgres":                 {"pkg/store"},
	"pkg/store/postgres/pgtest":          {},
	"pkg/store/storetest":                {"pkg/store"},
	"pkg/provider":                       {"pkg/diff", "pkg/spec"},
	"pkg/provider/providertest":          {"pkg/apply", "pkg/diff", "pkg/provider", "pkg/providers/emu", "pkg/providers/httpx", "pkg/spec", "pkg/store"},
	"pkg/apply":                          {"pkg/diff", "pkg/provider", "pkg/store", "pkg/spec"},
	"pkg/providers":                      {"pkg/provider", "pkg/spec", "pkg/providers/emu", "pkg/providers/httpx", "pkg/providers/PROVIDER", "pkg/providers/PROVIDER/PROVIDERemu"},
	"pkg/providers/httpx":                {"pkg/provider", "pkg/spec", "pkg/store"},
	"pkg/providers/pack":                 {"pkg/diff", "pkg/spec"},
	"pkg/providers/emu":                  {},
	"pkg/providers/PROVIDER":             {"pkg/diff", "pkg/provider", "pkg/spec", "pkg/store", "pkg/providers/httpx", "pkg/providers/pack"},
	"pkg/providers/PROVIDER/PROVIDERemu": {"pkg/providers/emu"},
	"pkg/providers/emu/emutest":          {"pkg/providers/emu"},
	"examples":                           {},
	"cmd/entitlectl":                     nil, // sees everything
}

func TestArrowsOnlyGoDown(t *testing.T) {
	for folder, imports := range ours(t) {
		kind, provider := general(folder)
		may, known := allowed[kind]
		if !known {
			t.Errorf("%s has no place in the layout; give it a row here", folder)
			continue
		}
		for _, imported := range imports {
			target, other := general(imported)
			foreign := provider != "" && other != "" && provider != other
			if kind != "cmd/entitlectl" && (foreign || !slices.Contains(may, target)) {
				t.Errorf("%s must not import %s", folder, imported)
			}
		}
	}
}

// general replaces a vendor's name in a folder by PROVIDER.
func general(folder string) (kind, provider string) {
	parts := strings.Split(folder, "/")
	shared := []string{"httpx", "pack", "emu"}
	if len(parts) < 3 || parts[1] != "providers" || slices.Contains(shared, parts[2]) {
		return folder, ""
	}
	return strings.ReplaceAll(folder, parts[2], "PROVIDER"), parts[2]
}

// ours lists for each package folder which packages of the module its non-test files import.
func ours(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := fs.WalkDir(os.DirFS(".."), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && file != "." {
			return fs.SkipDir
		}
		if path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", filepath.FromSlash(file)), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		imports := found[path.Dir(file)]
		for _, i := range parsed.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if rest, of := strings.CutPrefix(name, module); of {
				imports = append(imports, rest)
			}
		}
		found[path.Dir(file)] = imports
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < len(allowed)-2 {
		t.Fatalf("only %d packages found", len(found))
	}
	return found
}
