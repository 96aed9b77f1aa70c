package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/mattn/go-runewidth"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
)

// progress tells on stderr what a run is doing: in one line that is drawn again and again on a terminal, and in the log
// at level info.
type progress struct {
	c      *cli
	redraw bool

	mu    sync.Mutex // events come from several goroutines
	drawn bool
}

func (c *cli) progress() *progress {
	kind, _ := c.lookup("TERM")
	quiet := !c.log.Enabled(context.Background(), slog.LevelInfo)
	return &progress{c: c, redraw: c.terminal.stderr && kind != "dumb" && quiet}
}

// observe is an apply.Observer.
func (p *progress) observe(event apply.Event) {
	text := ""
	switch e := event.(type) {
	case apply.Reading:
		text = e.Connection + ": reading"
	case apply.CallStarted:
		text = fmt.Sprintf("%s: call %d of %d, %s with %s", e.Connection, e.Index, e.Of, e.Call, render.Count(e.Changes, "change"))
	case apply.CallDone:
		text = fmt.Sprintf("%s: call %d of %d done", e.Connection, e.Index, e.Of)
		if e.Err != nil {
			text = fmt.Sprintf("%s: call %d of %d: %v", e.Connection, e.Index, e.Of, e.Err)
		}
	case apply.Verifying:
		text = e.Connection + ": reading back"
	}
	if !p.redraw {
		p.c.log.Info(text)
		return
	}
	const width = 79 // one less than the narrowest usual terminal
	cells := runewidth.Condition{StrictEmojiNeutral: true}
	p.draw(cells.Truncate(render.Visible(text), width, "..."))
}

func (p *progress) draw(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if text == "" && !p.drawn {
		return
	}
	fmt.Fprint(p.c.stderr, "\r\x1b[K"+text)
	p.drawn = text != ""
}

// clear takes the line away, before anything else is printed.
func (p *progress) clear() { p.draw("") }

// logRequest notes a request at level debug, or at info where it has to be sent again. There is nothing secret in it.
func (c *cli) logRequest(e httpx.Event) {
	args := []any{"method", e.Method, "path", e.Path, "status", e.Status, "took", e.Took, "id", e.RequestID}
	if e.Err != nil {
		args = append(args, "error", e.Err)
	}
	if e.Wait > 0 {
		c.log.Info("request will be sent again", append(args, "attempt", e.Attempt, "wait", e.Wait)...)
		return
	}
	c.log.Debug("request", args...)
}
