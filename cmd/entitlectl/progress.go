package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

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

	mu       sync.Mutex // events come from several goroutines
	text     string
	requests int
	drawn    bool
	inFlight int // calls that were begun and are not done
}

func (c *cli) progress() *progress {
	kind, _ := c.lookup("TERM")
	quiet := !c.log.Enabled(context.Background(), slog.LevelInfo)
	p := &progress{c: c, redraw: c.terminal.stderr && kind != "dumb" && quiet}
	c.watch = p
	return p
}

// observe is an apply.Observer.
func (p *progress) observe(event apply.Event) {
	text, level, begun := "", slog.LevelInfo, 0
	switch e := event.(type) {
	case apply.Reading:
		text = e.Connection + ": reading"
	case apply.CallStarted:
		begun = 1
		text = fmt.Sprintf("%s: call %d of %d, %s with %s", e.Connection, e.Index, e.Of, e.Call, render.Count(e.Changes, "change"))
	case apply.CallDone:
		begun = -1
		text = fmt.Sprintf("%s: call %d of %d done", e.Connection, e.Index, e.Of)
		if e.Err != nil {
			text = fmt.Sprintf("%s: call %d of %d: %v", e.Connection, e.Index, e.Of, e.Err)
		}
	case apply.Awaiting:
		text = fmt.Sprintf("%s: %s of an earlier run may yet show; waiting up to %s", e.Connection, render.Count(e.Changes, "change"), max(e.Left, time.Second).Round(time.Second))
		level = slog.LevelWarn // it may be the longest wait of the run
	case apply.Verifying:
		text = e.Connection + ": reading back"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight += begun
	if !p.redraw {
		p.c.log.Log(context.Background(), level, text)
		return
	}
	p.text = text
	p.draw()
}

// interrupted says at once that the run ends, and what it still waits for.
func (p *progress) interrupted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.c.stderr, "\r\x1b[K")
	}
	p.drawn, p.redraw = false, false
	if p.inFlight > 0 {
		p.c.printError(errors.New("stopping: finishing the call in flight; interrupt again to end at once"))
	}
}

// request counts a request that went out, so that long lists are seen to move.
func (p *progress) request() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.redraw {
		return
	}
	p.requests++
	p.draw()
}

// draw shows the line; its caller holds the lock.
func (p *progress) draw() {
	width := 79 // one less than the narrowest usual terminal
	if columns := p.c.terminal.columns; columns > narrowest {
		width = min(width, columns-1)
	}
	line := p.text
	if p.requests > 0 {
		line = fmt.Sprintf("%s (%s)", line, render.Count(p.requests, "request"))
	}
	cells := runewidth.Condition{StrictEmojiNeutral: true}
	fmt.Fprint(p.c.stderr, "\r\x1b[K"+cells.Truncate(render.Visible(line), width, "..."))
	p.drawn = true
}

// clear takes the line away, before anything else is printed.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.c.stderr, "\r\x1b[K")
	}
	p.drawn, p.redraw, p.inFlight = false, false, 0
}

// longWait is from when on a wait is told without being asked.
const longWait = 10 * time.Second

// logRequest notes a request at level debug; at info where it has to be sent again, and at warn where that takes long. There
// is nothing secret in it.
func (c *cli) logRequest(e httpx.Event) {
	if e.Method == "" {
		c.log.Warn(e.Err.Error())
		return
	}
	c.watch.request()
	args := []any{"method", e.Method, "path", e.Path, "status", e.Status, "took", e.Took, "id", e.RequestID}
	if e.Err != nil {
		args = append(args, "error", e.Err)
	}
	if e.Wait > 0 {
		level := slog.LevelInfo
		if e.Wait >= longWait {
			level = slog.LevelWarn
		}
		c.log.Log(context.Background(), level, "request will be sent again", append(args, "attempt", e.Attempt, "wait", e.Wait)...)
		return
	}
	c.log.Debug("request", args...)
}
