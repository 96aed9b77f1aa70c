package emu

import (
	"net/url"
	"strings"
)

// Router finds what a vendor does at a path. Patterns are tried in the order they were given: literal segments must come before
// variables.
type Router[T any] []*pattern[T]

// pattern is a path with variables, split at its slashes, and what is done at it by method.
type pattern[T any] struct {
	segments []string
	byMethod map[string]T
}

// NewRouter makes a router of calls. A call's name is a method and a pattern, as in "POST /v7/groups/{id}/update", where {…} stands
// for one segment.
func NewRouter[T any](calls []T, name func(T) string) Router[T] {
	var router Router[T]
	byPath := map[string]*pattern[T]{}
	for _, call := range calls {
		method, path, _ := strings.Cut(name(call), " ")
		p := byPath[path]
		if p == nil {
			p = &pattern[T]{strings.Split(path, "/"), map[string]T{}}
			byPath[path] = p
			router = append(router, p)
		}
		p.byMethod[method] = call
	}
	return router
}

// Find returns what is done at an escaped path, by method, and what the path has in place of variables, by their names. Both are
// nil for an unknown path.
func (r Router[T]) Find(escaped string) (byMethod map[string]T, vars map[string]string) {
	have := strings.Split(escaped, "/")
	for _, p := range r {
		if vars := p.match(have); vars != nil {
			return p.byMethod, vars
		}
	}
	return nil, nil
}

func (p *pattern[T]) match(have []string) map[string]string {
	if len(have) != len(p.segments) {
		return nil
	}
	vars := map[string]string{}
	for i, want := range p.segments {
		name, variable := strings.CutPrefix(want, "{")
		if !variable {
			if want != have[i] {
				return nil
			}
			continue
		}
		text, err := url.PathUnescape(have[i])
		if err != nil || text == "" {
			return nil
		}
		vars[strings.TrimSuffix(name, "}")] = text
	}
	return vars
}
