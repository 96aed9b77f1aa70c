package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// BenchmarkMillion runs the program as users have it against an emulator that keeps to no rate: the first apply to a tenant of empty
// app groups, a plan with nothing to do, and one where a hundredth of the grants changes. It reports the calls, and of the program
// alone processor time, peak memory and how long the run took. Sizes below a million show how all of this grows.
//
// The emulator is in a process of its own: to Linux the peak memory of a process is never less than that of the one that started it.
func BenchmarkMillion(b *testing.B) {
	for _, grants := range []int{1_000, 5_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(grants), func(b *testing.B) {
			if testing.Short() && grants > 10_000 {
				b.Skip("takes minutes")
			}
			for b.Loop() {
				l := newLoad(b, grants)
				l.write(0)
				l.run("first-apply", "apply", "--yes")
				l.run("no-op-plan", "plan", "--no-lower-bound", "-o", "json")
				l.write(1)
				l.run("plan", "plan", "--no-lower-bound", "-o", "json")
				if history, err := os.Stat(filepath.Join(l.folder, "state", "history.jsonl")); err != nil {
					b.Fatal(err)
				} else {
					b.ReportMetric(float64(history.Size()), "history-bytes")
				}
			}
		})
	}
}

// load is a tenant in which ten app groups at a time are for the same 100 people, and the folder of who looks after it.
type load struct {
	b           *testing.B
	grants      int
	folder, url string
	program     string
}

func newLoad(b *testing.B, grants int) load {
	program, err := build()
	if err != nil {
		b.Fatal(program, err)
	}
	l := load{b: b, grants: grants, folder: b.TempDir(), program: program}
	var seed strings.Builder
	seed.WriteString("huaweicloud:\n  users:\n")
	for i := range l.people() {
		fmt.Fprintf(&seed, "    - {name: user%06d}\n", i)
	}
	seed.WriteString("  appGroups:\n")
	for g := range l.groups() {
		fmt.Fprintf(&seed, "    - {name: Group%05d}\n", g)
	}
	l.url = l.emulator(seed.String())
	return l
}

// emulator starts one that ends with the benchmark, and returns its address.
func (l load) emulator(seed string) string {
	file := filepath.Join(l.folder, "seed.yaml.txt")
	if err := os.WriteFile(file, []byte(seed), 0o600); err != nil {
		l.b.Fatal(err)
	}
	command := exec.Command(l.program, "emulate", "--rate", "off", "--seed", file)
	stdout, err := command.StdoutPipe()
	if err != nil {
		l.b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		l.b.Fatal(err)
	}
	l.b.Cleanup(func() {
		if err := errors.Join(command.Process.Signal(os.Interrupt), command.Wait()); err != nil {
			l.b.Error(err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		l.b.Fatal(err)
	}
	return strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
}

// calls are how many reads and writes the emulator was asked for so far.
func (l load) calls() (reads, writes int) {
	answer, err := http.Get(l.url + "/_emulator/calls")
	if err != nil {
		l.b.Fatal(err)
	}
	defer answer.Body.Close()
	for calls := json.NewDecoder(answer.Body); ; {
		var call emu.Call
		if err := calls.Decode(&call); errors.Is(err, io.EOF) {
			return reads, writes
		} else if err != nil {
			l.b.Fatal(err)
		}
		if call.Method == http.MethodGet {
			reads++
		} else {
			writes++
		}
	}
}

func (l load) groups() int { return l.grants / 100 }
func (l load) people() int { return l.groups()*4 + 200 }

// write makes the file. Moved people leave every second group and come into the group after it.
func (l load) write(moved int) {
	var file strings.Builder
	fmt.Fprintf(&file, "version: 1\nconnections:\n  main: {provider: huaweicloud, endpoint: %q, rate: {read: 600000/min, write: 600000/min}, notices: off, region: ap-southeast-3, project: 0123456789abcdef0123456789abcdef, auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}}\n", l.url)
	file.WriteString("rules: {max-mails: off, max-revokes: off}\nusers:\n")
	for i := range l.people() {
		fmt.Fprintf(&file, "  - {name: user%06d}\n", i)
	}
	file.WriteString("appGroups:\n")
	for g := range l.groups() {
		first, end := g/10*40, g/10*40+100
		if g%2 == 0 {
			first += moved
		} else {
			end += moved
		}
		fmt.Fprintf(&file, "  - {name: Group%05d, in: main, grants: [{to: [user%06d", g, first)
		for i := first + 1; i < end; i++ {
			fmt.Fprintf(&file, ", user%06d", i)
		}
		file.WriteString("]}]}\n")
	}
	if err := os.WriteFile(filepath.Join(l.folder, "entitlements.yaml"), []byte(file.String()), 0o600); err != nil {
		l.b.Fatal(err)
	}
}

// run runs a command to its end and reports under its name what the process used.
func (l load) run(name string, args ...string) {
	command := exec.Command(l.program, append(args, "--state-dir", "state")...)
	var stderr bytes.Buffer
	command.Dir, command.Stderr = l.folder, &stderr
	command.Env = append(os.Environ(), credentialsOfAll...)
	reads, writes := l.calls()
	began := time.Now()
	if err := command.Run(); err != nil {
		l.b.Fatalf("%s: %v\n%s", name, err, &stderr)
	}
	wall := time.Since(began)
	used := command.ProcessState.SysUsage().(*syscall.Rusage)
	l.b.ReportMetric((command.ProcessState.UserTime() + command.ProcessState.SystemTime()).Seconds(), name+"-cpu-s")
	l.b.ReportMetric(float64(used.Maxrss)/1024, name+"-MiB")
	l.b.ReportMetric(wall.Seconds(), name+"-wall-s")
	allReads, allWrites := l.calls()
	l.b.ReportMetric(float64(allReads-reads), name+"-reads")
	l.b.ReportMetric(float64(allWrites-writes), name+"-writes")
}
