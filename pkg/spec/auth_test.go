package spec

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// renewingFormat is a provider whose credentials may renew.
func renewingFormat() ProviderSchema {
	f := testFormats()[0]
	f.Required, f.Keys = nil, nil
	f.Auth = append(f.Auth, AuthForm{Keys: []string{"accessKey", "secretKey", "role"}}, AuthForm{Keys: []string{"role", "tokenFile"}},
		AuthForm{Keys: []string{"metadata"}, Optional: []string{"role"}}, AuthForm{Keys: []string{"exec"}})
	f.AuthKinds = map[string]AuthKind{"role": AuthName, "tokenFile": AuthTokenFile, "metadata": AuthAddress, "exec": AuthCommand}
	f.TokenFileEnv, f.Metadata = []string{"CLOUD_TOKEN_FILE"}, "http://169.254.169.254"
	return f
}

func loadAuth(t *testing.T, auth string, operators bool) (Connection, error) {
	t.Helper()
	connections := "connections: {w: {provider: cloud, auth: " + auth + "}}\n"
	in := Input{Paths: []string{"a.yaml"}, Formats: []ProviderSchema{renewingFormat()}, StateDir: "state"}
	write(t, "a.yaml", "version: 1\n"+connections)
	if operators {
		o, err := LoadOperator(OperatorFile{Name: "ops.yaml", Data: []byte("version: 1\n" + connections), Folder: ".", Formats: in.Formats, Rules: ruleKeys, StateDir: "state"})
		if err != nil {
			return Connection{}, err
		}
		in.Operator = o
		write(t, "a.yaml", "version: 1\n")
	}
	s, err := Load(in)
	if err != nil {
		return Connection{}, err
	}
	return s.Connections[0], nil
}

// Whoever may only propose changes to files chooses no program, no path of a token, no address of metadata and no role but by what the
// environment offers the vendor; the operator's file says all of them as they are.
func TestWhoChoosesCredentials(t *testing.T) {
	t.Chdir(t.TempDir())
	const everywhere, operators, nowhere = 2, 1, 0
	for auth, where := range map[string]int{
		"{accessKey: env:CLOUD_A, secretKey: env:CLOUD_S, role: env:CLOUD_ROLE}":          everywhere,
		"{accessKey: env:CLOUD_A, secretKey: env:CLOUD_S, role: file:secrets/role}":       everywhere,
		"{accessKey: env:CLOUD_A, secretKey: env:CLOUD_S, role: 'acs:ram::1:role/admin'}": operators,
		"{accessKey: env:CLOUD_A, secretKey: env:CLOUD_S, role: env:OTHER_ROLE}":          operators,
		"{accessKey: literal, secretKey: env:CLOUD_S}":                                    nowhere,
		"{role: env:CLOUD_ROLE, tokenFile: env:CLOUD_TOKEN_FILE}":                         everywhere,
		"{role: env:CLOUD_ROLE, tokenFile: env:CLOUD_CONFIG_FILE}":                        operators,
		"{role: env:CLOUD_ROLE, tokenFile: env:ENTITLECTL_SECRET_X}":                      operators,
		"{role: env:CLOUD_ROLE, tokenFile: file:secrets/token}":                           nowhere,
		"{role: env:CLOUD_ROLE, tokenFile: /etc/shadow}":                                  operators,
		"{role: env:CLOUD_ROLE, tokenFile: token}":                                        nowhere,
		"{metadata: 'http://169.254.169.254'}":                                            operators,
		"{metadata: 'http://127.0.0.1:80/', role: reader}":                                operators,
		"{metadata: 'http://10.0.0.1'}":                                                   nowhere,
		"{metadata: 'http://169.254.169.254@evil.example'}":                               nowhere,
		"{metadata: env:CLOUD_METADATA}":                                                  nowhere,
		"{exec: [/usr/bin/helper, --name, x]}":                                            operators,
		"{exec: [helper]}":                                                                operators,
		"{exec: {command: [helper, x], env: [VAULT_ADDR], timeout: 5s}}":                  operators,
		"{exec: [./helper]}":                                                              nowhere,
		"{exec: [../helper]}":                                                             nowhere,
		"{exec: []}":                                                                      nowhere,
		"{exec: 'helper x'}":                                                              nowhere,
		"{exec: {command: [helper], timeout: 1h}}":                                        nowhere,
		"{exec: {command: [helper], env: ['A=b']}}":                                       nowhere,
		"{exec: {command: [helper], shell: true}}":                                        nowhere,
		"{exec: [helper], token: env:CLOUD_T}":                                            nowhere,
		"{accessKey: env:CLOUD_A, secretKey: env:CLOUD_S, role: env:CLOUD_R, metadata: 'http://169.254.169.254'}": nowhere,
	} {
		for _, operatorsFile := range []bool{false, true} {
			_, err := loadAuth(t, auth, operatorsFile)
			if ok := where == everywhere || where == operators && operatorsFile; (err == nil) != ok {
				t.Errorf("%s in the operator's file %v: %v", auth, operatorsFile, err)
			}
			if err != nil && (strings.Contains(err.Error(), "evil") || strings.Contains(err.Error(), "literal")) {
				t.Errorf("%s: %v", auth, err)
			}
		}
	}
	_, err := loadAuth(t, "{exec: [/usr/bin/helper]}", false)
	if want := "a.yaml:2:43: auth key exec may stand in an operator's file alone; move the connection into the file that --operator names"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// A program is described by all that it takes, and shown without its arguments.
func TestCommandIsRead(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := loadAuth(t, "{exec: {command: [/bin/helper, CANARY], env: [VAULT_ADDR], timeout: 5s}}", true)
	if err != nil {
		t.Fatal(err)
	}
	ref := c.Auth["exec"]
	if got := ref.Command; len(got.Argv) != 2 || got.Env[0] != "VAULT_ADDR" || got.Timeout != 5*time.Second || ref.String() != "exec:/bin/helper" {
		t.Errorf("%s: %+v", ref, got)
	}
	for tracked, fails := range map[string]error{"": errors.New("no git"), "/bin/helper": nil} {
		_, err := c.Secrets(Lookup{Tracked: func(path string) (bool, error) { return path == tracked, fails }})
		if err == nil || !strings.Contains(err.Error(), "git") || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("tracked %q: %v", tracked, err)
		}
	}
}

// A program that PATH leads to is one that git does not track either.
func TestProgramsOfTheCheckout(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("PATH", filepath.Join(dir, "bin"))
	write(t, "bin/helper", "#!/bin/sh\n")
	if err := os.Chmod("bin/helper", 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := loadAuth(t, "{exec: [helper]}", true)
	if err != nil {
		t.Fatal(err)
	}
	for tracked, ok := range map[bool]bool{false: true, true: false} {
		_, err := c.Secrets(Lookup{Tracked: func(path string) (bool, error) { return tracked && path == filepath.Join(dir, "bin/helper"), nil }})
		if (err == nil) != ok {
			t.Errorf("tracked %v: %v", tracked, err)
		}
	}
}

// The path of a token that a variable holds is an absolute one, and git does not track it.
func TestPathsOfTokens(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := loadAuth(t, "{role: env:CLOUD_ROLE, tokenFile: env:CLOUD_TOKEN_FILE}", false)
	if err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{"/run/token": "", "token": "does not hold an absolute path", "/checkout/token": "git tracks"} {
		secrets, err := c.Secrets(Lookup{Env: func(name string) (string, bool) {
			return map[string]string{"CLOUD_ROLE": "r", "CLOUD_TOKEN_FILE": path}[name], true
		}, Tracked: func(path string) (bool, error) { return path == "/checkout/token", nil }})
		if says == "" && (err != nil || secrets["tokenFile"].Reveal() != path) || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v, %v", path, secrets["tokenFile"].Reveal(), err)
		}
	}
}

// Two connections with one program and other arguments are not of one tenant; with the same ones they are.
func TestProgramsTellTenantsApart(t *testing.T) {
	t.Chdir(t.TempDir())
	for second, same := range map[string]bool{"[helper, b]": false, "[helper, a]": true} {
		o, err := LoadOperator(OperatorFile{Name: "ops.yaml", Formats: []ProviderSchema{renewingFormat()}, Rules: ruleKeys, Data: []byte("version: 1\nconnections:\n" +
			"  v: {provider: cloud, auth: {exec: [helper, a]}}\n  w: {provider: cloud, auth: {exec: " + second + "}}\n")})
		if err != nil {
			t.Fatal(err)
		}
		write(t, "a.yaml", "version: 1\n")
		_, err = Load(Input{Paths: []string{"a.yaml"}, Formats: []ProviderSchema{renewingFormat()}, Operator: o})
		if (err != nil) != same {
			t.Errorf("%s: %v", second, err)
		}
	}
}
