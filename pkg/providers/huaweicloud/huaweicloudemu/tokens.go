package huaweicloudemu

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"
)

const (
	tokenTime     = "2006-01-02T15:04:05.000000Z"
	tokenLifetime = 24 * time.Hour
	domainID      = "d78cbac186b744899480f25bd022f468" // of the account that owns everything
)

type named struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

type tokenRequest struct {
	Auth struct {
		Identity struct {
			Methods  []string `json:"methods"`
			Password struct {
				User struct {
					Domain   named  `json:"domain"`
					Name     string `json:"name"`
					Password string `json:"password"`
				} `json:"user"`
			} `json:"password"`
		} `json:"identity"`
		Scope struct {
			Project *named `json:"project"`
		} `json:"scope"`
	} `json:"auth"`
}

// scopeOf is the id of the project that a token is asked for, which is good there alone; blank where the request names none.
func scopeOf(body []byte) string {
	var in tokenRequest
	if json.Unmarshal(body, &in) != nil || in.Auth.Scope.Project == nil {
		return ""
	}
	return in.Auth.Scope.Project.ID
}

// createToken signs a user in with a password. Huawei Cloud IAM, POST /v3/auth/tokens.
func (w *world) createToken(c *call) (any, error) {
	var in tokenRequest
	c.json(&in)
	if c.Err != nil || !slices.Contains(in.Auth.Identity.Methods, "password") {
		return nil, &problem{iam, http.StatusBadRequest, "IAM", "Request body is invalid."}
	}
	user := in.Auth.Identity.Password.User
	if (Login{user.Domain.Name, user.Name, user.Password}) != w.opts.Login {
		return nil, &problem{iam, http.StatusUnauthorized, "IAM", "The username or password is wrong."}
	}
	domain := named{domainID, user.Domain.Name}
	token := map[string]any{
		"methods":    []string{"password"},
		"issued_at":  w.Now.Format(tokenTime),
		"expires_at": w.Now.Add(tokenLifetime).Format(tokenTime),
		"user":       map[string]any{"id": domainID, "name": user.Name, "domain": domain, "password_expires_at": ""},
		"roles":      []named{},
	}
	if p := in.Auth.Scope.Project; p != nil {
		id := w.projectFor(*p)
		if id == "" {
			return nil, &problem{iam, http.StatusUnauthorized, "IAM", "The project is not found or not yours."}
		}
		token["project"] = map[string]any{"id": id, "name": p.Name, "domain": domain}
	}
	if !c.Query.Has("nocatalog") {
		token["catalog"] = []named{}
	}
	value := w.newID("MIIFemulatortoken")
	w.tokens[value] = w.Now.Add(tokenLifetime)
	c.header.Set("X-Subject-Token", value)
	return map[string]any{"token": token}, nil
}

// projectFor returns the id of the project that a token is asked for; blank if there is none.
func (w *world) projectFor(p named) string {
	ids := w.projects(p.Name)
	switch {
	case p.ID == "" && len(ids) > 0:
		return ids[0]
	case p.ID == w.ID, slices.Contains(ids, p.ID):
		return p.ID
	}
	return ""
}

// listProjects finds projects by the name of their region. Huawei Cloud IAM, GET /v3/projects.
func (w *world) listProjects(c *call) (any, error) {
	names := []string{c.Get("name")}
	if names[0] == "" {
		names = slices.Sorted(maps.Keys(w.opts.Projects))
	}
	projects := []any{}
	for _, name := range names {
		for _, id := range w.projects(name) {
			projects = append(projects, map[string]any{
				"id": id, "name": name, "domain_id": domainID, "parent_id": domainID,
				"enabled": true, "is_domain": false, "description": "",
			})
		}
	}
	return map[string]any{"links": map[string]string{"self": "/v3/projects"}, "projects": projects}, nil
}

func (w *world) projects(name string) []string {
	if w.opts.Projects == nil && name != "" {
		return []string{w.ID}
	}
	return w.opts.Projects[name]
}
