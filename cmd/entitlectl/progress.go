package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
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
	lists    map[string]*listsRead
}

// listsRead is how far the reading of a connection has come.
type listsRead struct {
	of, begun   int
	pages, read int       // the former as forecast
	told        time.Time // when it was last said; zero: it is short, and not said but in logs
}

const (
	longRead  = 5 * time.Second  // from when on a reading is told without being asked
	tellEvery = 10 * time.Second // how often how far it has come is told where no line can be drawn anew
)

func (c *cli) progress() *progress {
	kind, _ := c.lookup("TERM")
	quiet := !c.log.Enabled(context.Background(), slog.LevelInfo)
	p := &progress{c: c, redraw: c.terminal.stderr && kind != "dumb" && quiet, lists: map[string]*listsRead{}}
	c.watch = p
	return p
}

// observe is an apply.Observer.
func (p *progress) observe(event apply.Event) {
	text, level, begun := "", slog.LevelInfo, 0
	switch e := event.(type) {
	case apply.Reading:
		p.forecast(e)
		return
	case apply.ReadingDone:
		p.readingDone(e)
		return
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
	p.tell(level, text)
}

// readingDone says what reading took, where that was long, and what was not asked, and how it is.
func (p *progress) readingDone(e apply.ReadingDone) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lists := p.lists[e.Connection]
	if lists == nil {
		return
	}
	text := fmt.Sprintf("%s: %s made", e.Connection, render.Count(lists.read, "read"))
	if e.Spared == 0 {
		p.say(lists, text)
		return
	}
	if p.drawn {
		fmt.Fprint(p.c.stderr, "\r\x1b[K")
		p.drawn = false
	}
	p.c.printError(fmt.Errorf("%s, %d saved: mails about %s were not asked for, since nothing moved there after the look of %s; --full asks",
		text, e.Spared, render.Count(e.Spared, "resource"), e.Since.UTC().Format(time.RFC3339)))
}

// tell says what is being done; its caller holds the lock.
func (p *progress) tell(level slog.Level, text string) {
	if !p.redraw {
		p.c.log.Log(context.Background(), level, text)
		return
	}
	p.text = text
	p.draw()
}

// forecast says what is about to be read, and how long that takes.
func (p *progress) forecast(e apply.Reading) {
	what := render.Count(e.Lists, "list")
	if e.Pages > e.Lists {
		what += " of about " + render.Count(e.Pages, "page")
	}
	text := fmt.Sprintf("%s: reading %s, about %s at the set rate", e.Connection, what, render.Duration(e.Takes.Seconds()))
	p.mu.Lock()
	defer p.mu.Unlock()
	lists := &listsRead{of: e.Lists, pages: e.Pages}
	if p.lists[e.Connection] = lists; e.Takes >= longRead {
		lists.told = time.Now()
	}
	p.say(lists, text)
}

// say is tell, for what is also said where neither a line is drawn nor the log wants it, if it takes long; its caller holds the
// lock.
func (p *progress) say(lists *listsRead, text string) {
	if lists.told.IsZero() || p.redraw || p.c.log.Enabled(context.Background(), slog.LevelInfo) {
		p.tell(slog.LevelInfo, text)
		return
	}
	p.c.printError(errors.New(text))
}

// read counts a read, which may be a list's first, and says now and then how far the reading has come; its caller holds the lock.
func (p *progress) read(e httpx.Event) {
	lists := p.lists[e.Connection]
	if lists == nil || e.Method != http.MethodGet || e.Attempt != 1 {
		return
	}
	lists.read++
	if e.First {
		lists.begun++
	}
	lists.of, lists.pages = max(lists.of, lists.begun), max(lists.pages, lists.read)
	text := fmt.Sprintf("%s: reading list %d of %d", e.Connection, lists.begun, lists.of)
	if lists.pages > lists.of {
		text += fmt.Sprintf(", page %d of %d", lists.read, lists.pages)
	}
	switch {
	case p.redraw: // the request draws it
		p.text = text
	case !lists.told.IsZero() && time.Since(lists.told) >= tellEvery:
		lists.told = time.Now()
		p.say(lists, text)
	}
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
func (p *progress) request(e httpx.Event) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	p.read(e)
	if p.redraw {
		p.draw()
	}
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
	c.watch.request(e)
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
