package render

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// browser is a Chromium without a window, which is spoken to through pipes: commands of its DevTools in JSON, each with a zero
// byte after it.
type browser struct {
	t       *testing.T
	in      io.Writer
	mu      sync.Mutex
	last    int
	waiting map[int]chan devtoolsMessage
	heard   []devtoolsMessage // events
}

type devtoolsMessage struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// startBrowser starts a Chromium for a test, which it skips where there is none.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("NO CHROMIUM HERE: WHAT PAGES LOOK LIKE AND DO IS NOT TESTED; install the package chromium")
	}
	fromUs, toBrowser, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromBrowser, toUs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-pipe", "--user-data-dir=" + t.TempDir()}
	if os.Geteuid() == 0 { // its sandbox needs another user
		args = append(args, "--no-sandbox")
	}
	cmd := exec.Command(program, args...)
	cmd.ExtraFiles = []*os.File{fromUs, toUs} // 3 and 4, where it looks for them
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = fromUs.Close(), toUs.Close()
	b := &browser{t: t, in: toBrowser, waiting: map[int]chan devtoolsMessage{}}
	read := make(chan struct{})
	go func() {
		defer close(read)
		b.listen(fromBrowser)
	}()
	t.Cleanup(func() {
		_, _ = b.call("", "Browser.close", nil)
		timer := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		timer.Stop()
		_ = toBrowser.Close()
		<-read
		_ = fromBrowser.Close()
	})
	return b
}

func (b *browser) listen(from io.Reader) {
	for r := bufio.NewReader(from); ; {
		text, err := r.ReadBytes(0)
		var m devtoolsMessage
		if err == nil {
			err = json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m)
		}
		b.mu.Lock()
		if err != nil {
			for _, reply := range b.waiting {
				close(reply)
			}
			b.waiting = nil
			b.mu.Unlock()
			return
		}
		if reply := b.waiting[m.ID]; reply != nil {
			delete(b.waiting, m.ID)
			reply <- m
		} else if m.Method != "" {
			b.heard = append(b.heard, m)
		}
		b.mu.Unlock()
	}
}

// call gives a command, to a page or to the browser itself.
func (b *browser) call(session, method string, params any) (json.RawMessage, error) {
	reply := make(chan devtoolsMessage, 1)
	b.mu.Lock()
	if b.waiting == nil {
		b.mu.Unlock()
		return nil, errors.New("the browser is gone")
	}
	b.last++
	id := b.last
	b.waiting[id] = reply
	b.mu.Unlock()
	if params == nil {
		params = struct{}{}
	}
	text, err := json.Marshal(map[string]any{"id": id, "method": method, "params": params, "sessionId": session})
	if session == "" {
		text, err = json.Marshal(map[string]any{"id": id, "method": method, "params": params})
	}
	if err == nil {
		_, err = b.in.Write(append(text, 0))
	}
	if err != nil {
		return nil, err
	}
	m, there := <-reply
	switch {
	case !there:
		return nil, fmt.Errorf("%s: the browser is gone", method)
	case m.Error != nil:
		return nil, fmt.Errorf("%s: %s", method, m.Error.Message)
	}
	return m.Result, nil
}

// tab is a page that is open.
type tab struct {
	*browser
	session string
}

// open opens a file in a window of a width and a height, in a light or a dark system.
func (b *browser) open(file string, width, height int, scheme string) *tab {
	b.t.Helper()
	var target struct {
		TargetID string `json:"targetId"`
	}
	b.must("", "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	b.must("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p := &tab{b, attached.SessionID}
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.do(domain+".enable", nil, nil)
	}
	p.size(width, height)
	p.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	p.do("Page.navigate", map[string]any{"url": "file://" + filepath.ToSlash(file)}, nil)
	p.until("document.readyState === 'complete'")
	return p
}

func (b *browser) must(session, method string, params, into any) {
	b.t.Helper()
	result, err := b.call(session, method, params)
	if err == nil && into != nil {
		err = json.Unmarshal(result, into)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func (p *tab) do(method string, params, into any) {
	p.t.Helper()
	p.must(p.session, method, params, into)
}

func (p *tab) size(width, height int) {
	p.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

// eval is the value of an expression, as JSON. It waits for promises.
func (p *tab) eval(expression string, into any) {
	p.t.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Exception struct{ Description string }
		}
	}
	p.do("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true, "allowUnsafeEvalBlockedByCSP": false}, &got)
	if got.ExceptionDetails != nil {
		p.t.Fatalf("%s: %s", expression, got.ExceptionDetails.Exception.Description)
	}
	if into != nil {
		if err := json.Unmarshal(got.Result.Value, into); err != nil {
			p.t.Fatalf("%s: %v", expression, err)
		}
	}
}

func (p *tab) text(expression string) (text string) {
	p.t.Helper()
	p.eval(expression, &text)
	return text
}

// until waits for a condition, and for what is drawn then.
func (p *tab) until(condition string) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var holds bool
		p.eval("!!("+condition+")", &holds)
		if holds {
			p.drawn()
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("it never came to %s", condition)
		}
	}
}

// drawn waits until what was asked for is on the screen.
func (p *tab) drawn() {
	p.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))", nil)
}

// press presses a key as a person does.
func (p *tab) press(key string) {
	p.t.Helper()
	params := map[string]any{"type": "keyDown", "key": key, "code": key}
	if len(key) == 1 {
		params["text"] = key
	}
	if code := map[string]int{"Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}[key]; code > 0 {
		params["windowsVirtualKeyCode"] = code
	}
	p.do("Input.dispatchKeyEvent", params, nil)
	params["type"] = "keyUp"
	delete(params, "text")
	p.do("Input.dispatchKeyEvent", params, nil)
	p.drawn()
}

func (p *tab) typed(text string) {
	p.do("Input.insertText", map[string]any{"text": text}, nil)
	p.drawn()
}

// picture keeps what is in the window as an artifact of the test.
func (p *tab) picture(name string) {
	p.t.Helper()
	var shot struct{ Data string }
	p.do("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(p.t.ArtifactDir(), name+".png"), png, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// faults are what the browser complained about, and every request but for the page itself.
func (b *browser) faults() (all []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.heard {
		switch m.Method {
		case "Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled", "Network.loadingFailed":
			all = append(all, m.Method+" "+string(m.Params))
		case "Network.requestWillBeSent":
			var sent struct{ Request struct{ URL string } }
			if err := json.Unmarshal(m.Params, &sent); err != nil || !bytes.HasPrefix([]byte(sent.Request.URL), []byte("file:///")) && !bytes.HasPrefix([]byte(sent.Request.URL), []byte("data:,")) {
				all = append(all, m.Method+" "+string(m.Params))
			}
		}
	}
	return all
}
