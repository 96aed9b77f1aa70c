package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// piped is a stream whose reader may leave before its end, as head does. That is no error: what comes after is dropped, and
// the run goes on to its end, so that it leaves no lock behind.
type piped struct {
	to   io.Writer
	left bool
}

func (p *piped) Write(data []byte) (int, error) {
	if p.left {
		return len(data), nil
	}
	n, err := p.to.Write(data)
	if err != nil && readerLeft(err) {
		p.left = true
		return len(data), nil
	}
	return n, err
}

// readerStays says whether all that was printed so far could be read.
func (c *cli) readerStays() bool {
	p, ok := c.stdout.(*piped)
	return !ok || !p.left
}

// person is whoever sits at the terminal.
type person struct {
	in    *bufio.Reader
	out   io.Writer
	leave func() error
}

// person finds whoever can be asked: over stdin and stderr, or where stderr leads elsewhere, over the terminal itself, since
// nobody would see the question.
func (c *cli) person() (*person, error) {
	switch {
	case !c.terminal.stdin:
		return nil, errors.New("apply has no terminal to ask on; review the plan and give --yes")
	case c.terminal.stderr:
		return &person{bufio.NewReader(c.stdin), c.stderr, func() error { return nil }}, nil
	}
	tty, err := c.openTerminal()
	if err != nil {
		return nil, fmt.Errorf("apply has no terminal to ask on, since stderr is redirected and the terminal itself can't be opened; review the plan and give --yes: %w", err)
	}
	return &person{bufio.NewReader(tty), tty, tty.Close}, nil
}

// width is that of a stream's terminal in cells; 0 where it is none, or nobody knows.
func (c *cli) width(terminal bool) int {
	if !terminal {
		return 0
	}
	return c.terminal.columns
}
