package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// keyEndpoint is the one setting that every connection takes and the first file may need, for an emulator or a region that is not known.
const keyEndpoint = "endpoint"

// initFlags are the flags of init.
type initFlags struct {
	out       string
	providers []string // PROVIDER or NAME=PROVIDER
	set       []string // KEY=VALUE or NAME.KEY=VALUE
	ci        []string
}

func newInit(c *cli) *cobra.Command {
	var flags initFlags
	command := &cobra.Command{
		Use: "init", Short: "Write a first file, and the files of your CI",
		Long: "Write a first file with a connection for each provider, the JSON Schema by which editors complete it, and on demand files for CI.\n" +
			"Without --provider it asks on the terminal. What is written is checked first; what exists is never overwritten. Nothing is asked of\n" +
			"any vendor, and no secret is written: connections name the variables that hold them.\n\n" +
			"What is there already at a tenant comes next, with entitlectl import --adopt.",
		Example: "  entitlectl init\n" +
			"  entitlectl init --provider workspace=huaweicloud --set region=ap-southeast-3 --ci github\n" +
			"  entitlectl init --provider mail=wps365 --provider directory=alibabacloud --ci gitlab",
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.init(cmd.Context(), flags) },
	}
	f := command.Flags()
	flags.out = "entitlements.yaml"
	f.Func("out", "write `FILE` instead of entitlements.yaml", filled(&flags.out, "FILE"))
	f.StringArrayVar(&flags.providers, "provider", nil, "connect to `PROVIDER`, or to NAME=PROVIDER by a name of your own; may be repeated")
	f.StringArrayVar(&flags.set, "set", nil, "set `KEY=VALUE` of all connections that need the key, or NAME.KEY=VALUE of one; may be repeated")
	f.StringArrayVar(&flags.ci, "ci", nil, "write the files for the CI `NAME`: "+strings.Join(knownCI(), " or ")+"; may be repeated")
	names := spec.Each(providers.Formats(), func(f spec.ProviderSchema) string { return f.Provider })
	_ = command.RegisterFlagCompletionFunc("provider", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	_ = command.RegisterFlagCompletionFunc("ci", cobra.FixedCompletions(knownCI(), cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (c *cli) init(ctx context.Context, flags initFlags) error {
	if err := c.checkInit(flags.out); err != nil {
		return err
	}
	slices.Sort(flags.ci)
	flags.ci = slices.Compact(flags.ci)
	b := beginning{flags: flags}
	if len(flags.providers) == 0 {
		asked, err := c.person()
		if err != nil {
			return errors.New("there is no terminal to ask on; say what to connect to with --provider, such as --provider huaweicloud --set region=ap-southeast-3")
		}
		defer func() { c.printError(asked.leave()) }()
		b.ask = func(question, usual string) (string, error) { return asked.ask(ctx, question, usual) }
	}
	if err := b.choose(); err != nil {
		return err
	}
	files, err := b.files()
	if err != nil {
		return err
	}
	if err := writeNew(files); err != nil {
		return err
	}
	written := spec.Each(files, func(f newFile) string { return f.path })
	c.printError(fmt.Errorf("set the variables %s; then: entitlectl doctor -f %s, and entitlectl import --adopt -f %s for what is there", strings.Join(b.variables(), ", "), flags.out, flags.out))
	return c.show(struct {
		Written []string `json:"written"`
	}{written}, render.Report{Title: "Init", Totals: "written: " + strings.Join(written, ", ")})
}

// checkInit refuses a first file that can't be one, or beside one that is there.
func (c *cli) checkInit(out string) error {
	if usual, err := usualFile(); err == nil && out == "entitlements.yaml" {
		return fmt.Errorf("%s is here already; add to it, or name another file with --out", usual)
	}
	if ext := filepath.Ext(out); ext != ".yaml" && ext != ".yml" {
		return fmt.Errorf("--out %s: name a file that ends with .yaml", out)
	}
	return cmp.Or(c.notKept("--out", out), notAReview("--out", out))
}

// beginning is what the first file is to hold.
type beginning struct {
	flags       initFlags
	ask         func(question, usual string) (string, error) // nil: nobody is asked
	connections []newConnection
}

// newConnection is a connection of the first file.
type newConnection struct {
	name     string
	format   spec.ProviderSchema
	settings map[string]string
}

// choose finds the connections by the flags, or by asking.
func (b *beginning) choose() error {
	known := spec.Each(providers.Formats(), func(f spec.ProviderSchema) string { return f.Provider })
	if b.ask != nil {
		answer, err := b.ask("Connect to which providers ("+strings.Join(known, ", ")+"), separated by commas?", known[0])
		if err != nil {
			return err
		}
		b.flags.providers = strings.FieldsFunc(answer, func(r rune) bool { return r == ',' || r == ' ' || r == '，' })
		if len(b.flags.providers) == 0 {
			return errors.New("not answered; nothing was written")
		}
	}
	for _, text := range b.flags.providers {
		name, provider, named := strings.Cut(text, "=")
		if !named {
			provider = name
		}
		p, found := providers.Find(provider)
		switch {
		case !found:
			return fmt.Errorf("--provider %s: there is no provider %q%s", text, provider, cmp.Or(didYouMean(provider, known), "; there are "+strings.Join(known, ", ")))
		case name == "" || slices.ContainsFunc(b.connections, func(n newConnection) bool { return n.name == name }):
			return fmt.Errorf("--provider %s: give each connection a name of its own, as NAME=%s", text, provider)
		}
		b.connections = append(b.connections, newConnection{name, p.Format, map[string]string{}})
	}
	if err := b.apply(); err != nil {
		return err
	}
	return b.complete()
}

// apply takes over the settings of the flags.
func (b *beginning) apply() error {
	for _, text := range b.flags.set {
		key, value, ok := strings.Cut(text, "=")
		name, inner, one := strings.Cut(key, ".")
		if !one {
			name, inner = "", key
		}
		used := false
		for _, n := range b.connections {
			if name == n.name && (inner == keyEndpoint || slices.Contains(n.format.Keys, inner)) || name == "" && slices.Contains(n.format.Required, inner) {
				n.settings[inner], used = value, true
			}
		}
		if !ok || value == "" || !used {
			return fmt.Errorf("--set %s: no connection needs such a setting; write KEY=VALUE, such as region=ap-southeast-3, or NAME.KEY=VALUE for any other of one connection", text)
		}
	}
	return nil
}

// complete asks for the settings that must be there, and for the CI.
func (b *beginning) complete() error {
	for _, n := range b.connections {
		for _, key := range n.format.Required {
			if n.settings[key] != "" {
				continue
			}
			usual, _ := n.format.Examples[key].(string)
			if b.ask == nil {
				return fmt.Errorf("connection %s needs %s: --set %s.%s=%s", n.name, key, n.name, key, cmp.Or(usual, "VALUE"))
			}
			answer, err := b.ask(fmt.Sprintf("%s of %s?", key, n.name), usual)
			if err != nil {
				return err
			}
			n.settings[key] = answer
		}
	}
	if b.ask != nil && len(b.flags.ci) == 0 {
		answer, err := b.ask("Files for which CI ("+strings.Join(knownCI(), ", ")+", none)?", "none")
		if err != nil {
			return err
		}
		if answer = strings.ToLower(answer); answer != "none" {
			b.flags.ci = []string{answer}
		}
	}
	return nil
}

// ask asks for one line; an empty one is the usual answer. It also ends with the context.
func (p *person) ask(ctx context.Context, question, usual string) (string, error) {
	if usual != "" {
		question += " [" + usual + "]"
	}
	fmt.Fprint(p.out, question+" ")
	text, whole, err := p.line(ctx)
	if err != nil {
		return "", err
	}
	if text = cmp.Or(text, usual); !whole || text == "" {
		return "", errors.New("not answered; nothing was written")
	}
	return text, nil
}

// line reads what is typed in a line; whole is false where it has no end. The error is that of the context: nobody may ever type.
func (p *person) line(ctx context.Context) (text string, whole bool, err error) {
	type reading struct {
		text string
		err  error
	}
	typed := make(chan reading, 1)
	go func() {
		text, err := p.in.ReadString('\n')
		typed <- reading{strings.TrimSpace(text), err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(p.out)
		return "", false, context.Cause(ctx)
	case r := <-typed:
		if r.err != nil {
			fmt.Fprintln(p.out) // what comes next has a line of its own
		}
		return r.text, r.err == nil, nil
	}
}
