package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/examples"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

func newDemo(c *cli) *cobra.Command {
	return &cobra.Command{
		Use: "demo", Short: "Show the whole loop on emulated vendors",
		Long: "Show the whole loop: validate, plan, apply, drift. The vendors are emulators inside this process: no credentials, no\n" +
			"network, nothing is left behind.",
		Example: "  entitlectl demo",
		Args:    arguments(0, 0, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.demo(cmd.Context()) },
	}
}

// demo is a show: its commands run in this process as if they were typed.
type demo struct {
	*cli
	server *emu.Server
	time   time.Time // at which its commands run: the world is most of a day old by then
	step   int
}

// demoAge is how old the demo's world is: a mail that it began with is overdue, but not out of date.
const demoAge = 23 * time.Hour

func (c *cli) demo(ctx context.Context) error {
	d := demo{cli: c, server: newEmulator(emu.Options{}, true), time: c.at().Add(demoAge)}
	d.server.Advance(c.at().Sub(d.server.Now()))
	seed, err := examples.Demo.ReadFile("demo/seed.yaml")
	if err == nil {
		err = d.server.LoadSeed(seed)
	}
	if err != nil {
		return err
	}
	d.server.Advance(demoAge)
	leave, err := enterDemo()
	if err != nil {
		return err
	}
	defer leave()
	return d.play(ctx)
}

// enterDemo makes a temporary folder with the demo's files the working directory, so that commands need no paths.
func enterDemo() (leave func(), err error) {
	home, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "entitlectl-demo-")
	if err != nil {
		return nil, err
	}
	leave = func() {
		_ = os.Chdir(home)
		_ = os.RemoveAll(folder)
	}
	files, err := fs.Sub(examples.Demo, "demo")
	if err == nil {
		err = os.CopyFS(folder, files)
	}
	if err == nil {
		err = os.Chdir(folder)
	}
	if err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

func (d *demo) play(ctx context.Context) error {
	d.say("This is the whole loop on three emulated clouds: Huawei Cloud Workspace, WPS 365 and Alibaba Cloud.\n" +
		"No credentials, no network. " +
		"The file is examples/demo/entitlements.yaml of the repository.")
	play := []struct {
		title   string
		command string
		want    int
	}{
		{"Check the file, offline", "validate", exitDone},
		{"What would change?", "plan --out plan.json", exitDone},
		{"Apply the plan that was reviewed", "apply plan.json --yes", exitDone},
		{"Apply again: there is nothing left to do", "apply --yes", exitDone},
		{"", "apply --yes -f outside.yaml --state-dir outside", exitDone}, // somebody else keeps nothing for us
		{"Meanwhile somebody clicked in the console: a stranger came in, alice went out", "drift", exitDiffers},
		{"This brings it back", "apply --yes", exitDone},
		{"And all is well", "drift", exitDone},
	}
	for i, step := range play {
		if have := d.command(ctx, step.title, step.command); have != step.want {
			return &exit{have, fmt.Errorf("the demo went wrong: entitlectl %s ended with %d, not %d", step.command, have, step.want)}
		}
		if i == 2 {
			if err := d.sum(ctx, "plan.json"); err != nil {
				return err
			}
		}
	}
	d.say("Now write a file of your own, or serve the emulator to try it on: entitlectl emulate --help")
	return nil
}

// command runs a command line. Without a title it is played behind the scenes.
func (d *demo) command(ctx context.Context, title, line string) int {
	e := d.env
	e.transport = d.server.Transport()
	e.lookup = d.credentials
	e.now = func() time.Time { return d.time }
	args := append(strings.Fields(line), "--color=never")
	if d.colored(d.terminal.stdout) {
		args[len(args)-1] = "--color=always"
	}
	if title == "" {
		e.stdout = io.Discard
		return run(ctx, e, args)
	}
	d.step++
	d.say(fmt.Sprintf("%d. %s\n$ entitlectl %s", d.step, title, line))
	return run(ctx, e, args)
}

// credentials are the emulator's, whatever the environment has.
func (d *demo) credentials(name string) (string, bool) {
	switch name {
	case "HUAWEICLOUD_SDK_AK", "ALIBABA_CLOUD_ACCESS_KEY_ID":
		return "emulator-key", true
	case "WPS_APP_ID":
		return "emulator-app", true
	case "HUAWEICLOUD_SDK_SK", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "WPS_APP_KEY":
		return "emulator-secret", true
	case operatorVariable: // the demo's connections are its own
		return "", false
	}
	return d.lookup(name)
}

// sum compares the calls of the plan that was applied with those of a tool that sends one for each change.
func (d *demo) sum(ctx context.Context, path string) error {
	plan, err := readPlan(ctx, path)
	if err != nil {
		return err
	}
	changes := 0
	for _, part := range plan.Connections {
		changes += len(part.Changes)
	}
	d.say(fmt.Sprintf("These were %s. One call for each change would be %d.", render.Count(plan.Summary.Calls, "write call"), changes))
	return nil
}

func (d *demo) say(text string) {
	fmt.Fprint(d.stdout, fit("\n"+text+"\n", d.width(d.terminal.stdout)))
}
