package test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"

	"github.com/chromedp/chromedp"
)

// browser is Chromium, one for all tests: visitors share no cookie and no storage.
func (w *Town) browser() context.Context {
	w.t.Helper()
	suite.browser.once.Do(suite.browser.start)
	if suite.browser.err != nil {
		w.t.Fatal(suite.browser.err)
	}
	return suite.browser.ctx
}

// chromium is a process that starts at its first use.
type chromium struct {
	once sync.Once
	ctx  context.Context
	end  func()
	err  error
}

// start starts Chromium, whatever its name here: its shell without a window, if
// there is one, which takes the least of the processor.
func (b *chromium) start() {
	var path string
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		b.err = errors.New("the browser tests need Chromium; on Debian: apt-get install chromium-headless-shell")
		return
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(filepath.Join(suite.dir, "browser")), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocated, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocated)
	b.ctx, b.end = ctx, func() { stop(); cancel() }
	if err := chromedp.Do(ctx); err != nil {
		b.err = fmt.Errorf("start %s: %w", path, err)
	}
}

// close ends the process, if it was started.
func (b *chromium) close() {
	if b.end != nil {
		b.end()
	}
}
