package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// opener opens a connection; see providers.Provider.
type opener func(providers.Provider, spec.Connection, map[string]spec.Secret, httpx.Env) (provider.Source, error)

func reading(p providers.Provider, conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (provider.Source, error) {
	return p.Reader(conn, secrets, env)
}

// jobs opens the connections of the scopes. One that can't be opened gives a job that says why.
func (c *cli) jobs(ctx context.Context, scopes []scope, open opener) []apply.Job {
	var jobs []apply.Job
	for _, sc := range scopes {
		job := apply.Job{Connection: sc.connection, Desired: sc.desired, Base: sc.base, Targets: sc.targets, People: sc.people}
		if job.Source, job.Err = c.open(ctx, sc.connection, open); job.Err != nil {
			job.Source = nil
		}
		jobs = append(jobs, job)
	}
	return jobs
}

func (c *cli) open(ctx context.Context, conn spec.Connection, open opener) (provider.Source, error) {
	secrets, err := conn.Secrets(c.secrets(ctx))
	if err != nil {
		return nil, err
	}
	return openWith(conn, secrets, c.clientEnv(conn), open)
}

func openWith(conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env, open opener) (provider.Source, error) {
	p, known := providers.Find(conn.Provider)
	if !known {
		return nil, fmt.Errorf("there is no provider %q", conn.Provider)
	}
	return open(p, conn, secrets, env)
}

// whole is nil where a look at all that a connection holds, which ended with err, showed all of it. otherwise is what follows where it
// did not, and what to do.
func whole(connection string, all provider.Inventory, err error, otherwise string) error {
	var lacks *provider.NotWhole
	switch partly := all.Incomplete(); {
	case errors.As(err, &lacks):
		return &exit{exitRefused, fmt.Errorf("connection %s: %w; %s", connection, err, otherwise)}
	case err != nil:
		return fmt.Errorf("connection %s: %w", connection, err)
	case len(partly) > 0:
		return &exit{exitRefused, fmt.Errorf("connection %s: %s; %s", connection, strings.Join(partly, "\n"), otherwise)}
	}
	return nil
}

// clientEnv is what the client of a connection takes from the process around it.
func (c *cli) clientEnv(conn spec.Connection) httpx.Env {
	return httpx.Env{Transport: c.transport, UserAgent: "entitlectl/" + buildVersion().Version, Observe: c.logRequest,
		KV: c.store, Limiter: c.store, Reserve: conn.Reserve,
		Parallelism: cmp.Or(c.parallelism, usualReads)}
}
