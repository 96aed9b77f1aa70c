package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// fitHelp fits help to the terminal.
func (c *cli) fitHelp(root *cobra.Command) {
	plain, usage := root.HelpFunc(), root.UsageTemplate()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		width := c.width(c.terminal.stdout)
		if width < narrowest {
			plain(cmd, args)
			return
		}
		var text strings.Builder
		root.SetUsageTemplate(strings.ReplaceAll(usage, ".FlagUsages", fmt.Sprintf(".FlagUsagesWrapped %d", width)))
		cmd.SetOut(&text)
		plain(cmd, args)
		_, _ = io.WriteString(c.stdout, fitProse(flowing(text.String()), width))
	})
}

// flowing joins the lines of paragraphs, which are broken for wide terminals.
func flowing(text string) string {
	var out strings.Builder
	before := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		goesOn := line != "" && line[0] != ' ' && before != "" && before[0] != ' ' && !strings.HasSuffix(before, ":")
		switch {
		case goesOn:
			out.WriteString(" ")
		case out.Len() > 0:
			out.WriteString("\n")
		}
		out.WriteString(line)
		before = line
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

const exitCodesHelp = `Exit codes are the same in every output mode:

    0  done, nothing left to do; or plan without --detailed-exitcode
    1  error, nothing was written; or wrong usage
    2  differences exist, blocked ones included (plan --detailed-exitcode, drift), or of form (fmt --check)
    3  refused by a rule, in plan too; drift: a list could not be read whole
    4  the saved plan is stale: live state or the files changed since; plan again
    5  apply ended with changes failed or unknown: run it again; plan: a change is blocked
    6  another apply holds the lock; see entitlectl lock
  130  interrupted; the call in flight was finished and recorded

Where several hold, the first of these counts: 1, 6, 130, 4, 3, 5, 2, 0.

With -o json stdout holds one document in any case; where a run ends before it has one to show, that is {"errors": […],
"exitCode": N}, and each error has "what", and "file", "line" and "column" where it is about a place in a file.`

const filesHelp = `Who may use what is in YAML files: entitlements.yaml, or all *.yaml and *.yml in the folder entitlements/, or what --file
names, which may be repeated; --file - reads stdin. Lists may be split over files.

    version: 1
    connections:
      workspace:
        provider: huaweicloud
        region: ap-southeast-3
        auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}
    users:
      - {name: alice, email: alice@corp.example}
    teams:
      cad: [alice]
    appGroups:
      - name: CAD
        in: workspace
        grants:
          - {to: [team:cad, group:Designers], expires: 2026-12-31, reason: contract 4711}

The other providers are wps365, with auth: {appId, appKey}, and alibabacloud, with auth: {accessKeyId, accessKeySecret}. Who has a
tenant already writes version: and connections: alone, say as connections.yaml, and has the rest written:

    entitlectl doctor -f connections.yaml     # is all there that reading takes?
    entitlectl import -f connections.yaml --out entitlements.yaml

Other files: entitlectl.rules.yaml holds limits that a plan must keep, and is found beside the files and above them. The
operator's file (--operator) holds what they may not decide. --state-dir keeps what outlives a run, out of git.

entitlectl validate checks files offline. entitlectl schema prints a JSON Schema with every key, for editors.`

// topics are the pages of help that are about no command.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "What the exit codes mean", Long: exitCodesHelp},
		{Use: "files", Short: "What is in the files", Long: filesHelp},
	}
}
