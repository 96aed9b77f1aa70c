package emu

import (
	"fmt"
	"testing"
)

func TestRouter(t *testing.T) {
	calls := []string{"POST /a/all", "GET /a/{id}", "GET /a/all", "DELETE /a/{id}", "GET /a/{id}/b/{name}"}
	router := NewRouter(calls, func(call string) string { return call })
	for _, test := range []struct{ path, want string }{
		{"/a/all", "map[GET:GET /a/all POST:POST /a/all] map[]"}, // the first pattern that fits hides all others
		{"/a/x", "map[DELETE:DELETE /a/{id} GET:GET /a/{id}] map[id:x]"},
		{"/a/x%2Fy", "map[DELETE:DELETE /a/{id} GET:GET /a/{id}] map[id:x/y]"},
		{"/a/x/b/y", "map[GET:GET /a/{id}/b/{name}] map[id:x name:y]"},
		{"/a/", "map[] map[]"},
		{"/a/%zz", "map[] map[]"},
		{"/a", "map[] map[]"},
		{"/a/x/b", "map[] map[]"},
		{"/a/x/c/y", "map[] map[]"},
	} {
		byMethod, vars := router.Find(test.path)
		if got := fmt.Sprint(byMethod, vars); got != test.want {
			t.Errorf("%s: %s, want %s", test.path, got, test.want)
		}
		if known := byMethod != nil; known != (vars != nil) || known != (test.want != "map[] map[]") {
			t.Errorf("%s: known is %v", test.path, known)
		}
	}
}
