package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
	"github.com/entitlectl/entitlectl/pkg/store/postgres"
)

// storeVariable says where the store is where neither a flag nor the operator's file does.
const storeVariable = "ENTITLECTL_STORE"

// folderScheme begins what names a folder as the store.
const folderScheme = "file:"

// place is where a store is, and who says so.
type place struct {
	text, from string
	folder     string // where the file: references of its password begin
	mayHold    bool   // whether it may hold the password itself: it is a secret already
}

// whereStored finds out which store the command is to use. The command line is the first to say, then the operator's file, then
// the environment.
func (c *cli) whereStored(command *cobra.Command) (place, error) {
	given := command.Flags().Changed("state-dir")
	switch {
	case c.storeURL != "" && given:
		return place{}, errors.New("--store and --state-dir both say where the store is; give one of them")
	case c.storeURL != "":
		return place{text: c.storeURL, from: "--store"}, nil
	case given:
		return place{text: folderScheme + c.stateDir, from: "--state-dir"}, nil
	}
	if command.Flags().Lookup("operator") != nil {
		operator, err := c.loadOperator(command.Context())
		if err != nil {
			return place{}, err
		}
		if operator != nil && operator.Store != "" {
			return place{text: operator.Store, from: "store: in " + operator.Name, folder: operator.Folder}, nil
		}
	}
	if text, _ := c.lookup(storeVariable); text != "" {
		return place{text: text, from: storeVariable, mayHold: true}, nil
	}
	return place{text: folderScheme + c.stateDir, from: "--state-dir"}, nil
}

// openState opens what outlives the run. Nothing is read before it is first used.
func (c *cli) openState(command *cobra.Command) error {
	if c.openStore != nil {
		c.store = c.openStore(c.stateDir)
		return nil
	}
	at, err := c.whereStored(command)
	if err != nil {
		return err
	}
	if c.store, err = c.openAt(command.Context(), at); err != nil {
		return err
	}
	if c.through != nil {
		c.store = c.through(c.store)
	}
	return nil
}

func (c *cli) openAt(ctx context.Context, at place) (store.Store, error) {
	if folder, is := strings.CutPrefix(at.text, folderScheme); is {
		if folder == "" {
			return nil, fmt.Errorf("%s names no folder; write file:FOLDER", at.from)
		}
		c.stateDir = folder
		return file.Open(folder), nil
	}
	if !postgres.IsURL(at.text) {
		if info, err := os.Stat(at.text); err == nil && info.IsDir() {
			return nil, fmt.Errorf("%s is a folder; write file:%s", at.from, at.text)
		}
		return nil, fmt.Errorf("%s is neither file:FOLDER nor postgres://…", at.from) // not shown: it may hold a password
	}
	secrets, url, err := c.secretsOf(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at.from, err)
	}
	s, err := postgres.Open(postgres.WithKeyPassword(url, secrets[postgres.KeyPassword].Reveal()), secrets[postgres.Password].Reveal())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at.from, err)
	}
	c.shared = true
	return s, nil
}

// secretsOf resolves the secrets of a URL, which it returns without them. They are references as those of connections are.
func (c *cli) secretsOf(ctx context.Context, at place) (secrets map[string]spec.Secret, url string, err error) {
	given, url, err := postgres.Secrets(at.text)
	if err != nil || len(given) == 0 {
		return nil, url, err
	}
	auth, held := map[string]spec.Reference{}, map[string]spec.Secret{}
	for key, text := range given {
		scheme, name, _ := strings.Cut(text, ":")
		switch {
		case scheme == "env" || scheme == "file":
			auth[key] = spec.Reference{Scheme: scheme, Name: name, Folder: at.folder}
		case at.mayHold:
			held[key] = spec.NewSecret(text)
		default:
			return nil, "", fmt.Errorf("it holds a password, which others may read there; write %[1]s=env:NAME or %[1]s=file:PATH instead, or set all of it in %[2]s", key, storeVariable)
		}
	}
	if secrets, err = (spec.Connection{Auth: auth}).Secrets(c.secrets(ctx)); err != nil {
		return nil, "", err
	}
	maps.Copy(secrets, held)
	return secrets, url, nil
}

// operatorSays lets a command and those below it take the store from the operator's file.
func (c *cli) operatorSays(command *cobra.Command) {
	command.PersistentFlags().Func("operator", "the operator's file, which may say where the store is: `FILE` or git:REF:PATH (default $"+operatorVariable+")",
		filled(&c.operator, "FILE or git:REF:PATH"))
}
