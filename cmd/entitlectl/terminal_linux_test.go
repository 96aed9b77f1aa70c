package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// pseudoTerminal opens both ends of a terminal: what the person has, and what the program has.
func pseudoTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this system gives no pseudo terminal: %v", err)
	}
	t.Cleanup(func() { _ = person.Close() })
	fd := int(person.Fd())
	check(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	check(t, err)
	program, err = os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this system gives no pseudo terminal: %v", err)
	}
	t.Cleanup(func() { _ = program.Close() })
	return person, program
}

// The program as it is built asks at the terminal that it belongs to, though its stdout and stderr lead elsewhere, and takes
// the answer from there.
func TestQuestionsGoToTheTerminal(t *testing.T) {
	for answer, want := range map[string]int{"yes": exitDone, "no": exitError} {
		v := newKillWorld(t).real(t)
		person, terminal := pseudoTerminal(t)
		p := &process{Cmd: exec.CommandContext(t.Context(), v.program, "apply", "--settle", "150ms", "-f", v.file, "--state-dir", v.state)}
		p.Stdin, p.Stdout, p.Stderr = terminal, &p.output, &p.output
		p.Env = append(os.Environ(), append(credentialsOfAll, "TERM=xterm")...)
		p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		check(t, p.Start())
		check(t, terminal.Close())
		var asked strings.Builder
		for chunk := make([]byte, 1<<12); !strings.Contains(asked.String(), "? "); {
			n, err := person.Read(chunk)
			asked.Write(chunk[:n])
			if err != nil {
				t.Fatalf("nothing was asked: %v, %q\n%s", err, &asked, &p.output)
			}
		}
		if v.writes() > 0 {
			t.Errorf("%d writes before the answer", v.writes())
		}
		_, err := fmt.Fprintln(person, answer)
		check(t, err)
		code := p.wait(t)
		if out := p.output.String(); code != want || strings.Contains(out, asked.String()) || !strings.Contains(out, "to grant") {
			t.Errorf("answered %s: exit %d, asked %q\n%s", answer, code, &asked, out)
		}
		if (v.writes() > 0) != (answer == "yes") {
			t.Errorf("answered %s: %d writes", answer, v.writes())
		}
	}
}
