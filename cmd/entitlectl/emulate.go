package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

const emulateHelp = `Serve emulators of the vendors on one port of the loopback, for trials and tests. They check signatures and enforce the
limits, enums, paging and rates that the vendors document.

Credentials: access key emulator-key with secret emulator-secret (Huawei Cloud, Alibaba Cloud), app emulator-app with key
emulator-secret (WPS 365); project 0123456789abcdef0123456789abcdef in any region. With security token emulator-token the access key
is a temporary one; a seed may name others, as credentials: of a world, with securityToken: and expires:.

Keys that end are given for agency emulator-agency of account emulator, for role acs:ram::1000000000000000:role/emulator-role,
for the token emulator-id-token of identity provider emulator-idp, at Alibaba Cloud of
acs:ram::1000000000000000:oidc-provider/emulator-idp, and as metadata of a server.

A seed has a world under each vendor's key, or a list of worlds, which are tenants beside each other. A world may name its id, as
project:, company: or directory:. The credentials above reach the first world of each vendor; another one is reached
  Huawei Cloud   by its project in the path, with the same access key (a region's name leads to the first)
  WPS 365        with app emulator-app-COMPANY, such as emulator-app-acme
  Alibaba Cloud  with access key emulator-key-DIRECTORY, such as emulator-key-rd-acme12

Control, beside the vendors' paths:
  GET  /_emulator/calls    what was asked so far, as JSON lines
  GET  /_emulator/state    the world, in the form of a seed
  POST /_emulator/faults   [{"match":"POST /v1/*/app-groups/authorizations","nth":2,"kind":"drop-reply"}]
  POST /_emulator/advance  {"for":"24h"} moves its clock
  POST /_emulator/reset    back to the seed, without calls and faults

What --save writes is a seed with all ids, times of making and issued tokens, so that an emulator that begins with it goes on as this one.

SIGINT and SIGTERM stop it with exit code 0.`

// emulateFlags are the flags of emulate alone.
type emulateFlags struct {
	listen, seed, save string
	latency            time.Duration
	rate               string
}

func newEmulate(c *cli) *cobra.Command {
	var flags emulateFlags
	command := &cobra.Command{
		Use: "emulate", Short: "Serve emulated vendors on the loopback",
		Long: emulateHelp,
		Example: "  entitlectl emulate --listen 127.0.0.1:8080 --seed seed.yaml\n" +
			"  curl http://127.0.0.1:8080/_emulator/state",
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.emulate(cmd.Context(), flags) },
	}
	f := command.Flags()
	f.StringVar(&flags.listen, "listen", "127.0.0.1:0", "`ADDRESS` to listen on, of the loopback; port 0 picks one")
	f.Func("seed", "`FILE` with the world to begin with", filled(&flags.seed, "FILE"))
	f.Func("save", "`FILE` that the world is written to at the end", filled(&flags.save, "FILE"))
	f.DurationVar(&flags.latency, "latency", 0, "time that each answer takes")
	f.Var(oneOf(&flags.rate, "vendor", "off"), "rate", "rate limits")
	completeChoices(command, f)
	return command
}

func (c *cli) emulate(ctx context.Context, flags emulateFlags) (err error) {
	if err := c.safeOutput("--save", flags.save); err != nil {
		return err
	}
	server := newEmulator(emu.Options{Latency: flags.latency}, flags.rate == "off")
	if flags.seed != "" {
		data, err := readInput(ctx, flags.seed, maxInput)
		if err != nil {
			return err
		}
		if err := server.LoadSeed(data); err != nil {
			return fmt.Errorf("%s: %w", flags.seed, err)
		}
	}
	listener, err := emu.Listen(flags.listen)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.stdout, "listening on http://%s\n", listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	err = server.Serve(ctx, listener)
	if flags.save == "" {
		return err
	}
	state, stateErr := server.Save()
	if stateErr != nil {
		return errors.Join(err, stateErr)
	}
	return errors.Join(err, c.writeOutput(context.WithoutCancel(ctx), flags.save, writes(state)))
}

// newEmulator makes one server of all vendors.
func newEmulator(opts emu.Options, unthrottled bool) *emu.Server {
	var vendors []emu.Vendor
	for _, p := range providers.Catalog() {
		vendors = append(vendors, p.Emulator(providers.EmulatorOptions{Unthrottled: unthrottled}))
	}
	return emu.New(opts, vendors...)
}
