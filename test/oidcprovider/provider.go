// Package oidcprovider runs a real OpenID provider for tests: the certified
// package oidc-provider, in a node process of its own. People sign in by saying
// who they are.
package oidcprovider

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What natter is registered as.
const (
	ClientID     = "natter"
	ClientSecret = "the client's secret"
)

// within bounds the start, npm's work included.
const within = 2 * time.Minute

// Provider is a provider that runs until the test ends.
type Provider struct {
	Issuer string

	t      testing.TB
	socket *os.File // of Issuer
	args   []string
	stop   io.Closer
	ended  chan error
	output *bytes.Buffer
}

// New prepares a provider that sends people back to redirect. Start starts it.
func New(t testing.TB, redirect string) *Provider {
	t.Helper()
	socket, port, err := bound()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return &Provider{Issuer: "http://127.0.0.1:" + port, t: t, socket: socket, args: []string{"provider.mjs", port, ClientID, ClientSecret, redirect}}
}

// bound returns a socket with a port that nobody else can take, on which nobody
// listens yet.
func bound() (socket *os.File, port string, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, "", err
	}
	socket = os.NewFile(uintptr(fd), "provider")
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, "", errors.Join(err, socket.Close())
	}
	at, err := unix.Getsockname(fd)
	if err != nil {
		return nil, "", errors.Join(err, socket.Close())
	}
	return socket, strconv.Itoa(at.(*unix.SockaddrInet4).Port), nil
}

// folder is where the script and its package are.
func folder() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

var installed = sync.OnceValue(func() error {
	if _, err := os.Stat(filepath.Join(folder(), "node_modules", "oidc-provider")); err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--silent")
	cmd.Dir = folder()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run `npm ci` in test/oidcprovider: %w\n%s", err, out)
	}
	return nil
})

// Start starts the process and returns when it listens.
func (p *Provider) Start() {
	p.t.Helper()
	if err := installed(); err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.Command("node", p.args...)
	cmd.Dir = folder()
	cmd.ExtraFiles = []*os.File{p.socket}
	p.output = &bytes.Buffer{}
	cmd.Stderr = p.output
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if errIn != nil || errOut != nil {
		p.t.Fatal(errIn, errOut)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatalf("node is needed to run the provider: %v", err)
	}
	p.stop, p.ended = in, make(chan error, 1)
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if lines.Text() == "ready" {
				ready <- true
			}
		}
		p.ended <- cmd.Wait()
	}()
	p.t.Cleanup(p.end)
	select {
	case <-ready:
	case err := <-p.ended:
		p.ended <- err
		p.t.Fatalf("the provider ended: %v\n%s", err, p.output)
	case <-time.After(within):
		cmd.Process.Kill()
		p.t.Fatal("the provider does not start")
	}
}

// end ends the process.
func (p *Provider) end() {
	p.stop.Close()
	if err := <-p.ended; err != nil {
		p.t.Errorf("the provider: %v\n%s", err, p.output)
	}
}

// Knows makes a person with these claims, sub among them.
func (p *Provider) Knows(claims map[string]any) {
	p.t.Helper()
	raw, err := json.Marshal(claims)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.Post(p.Issuer+"/people", "application/json", bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		p.t.Fatal(resp.Status)
	}
}

// Passes takes a browser that natter has sent to location through the provider
// as a person, and returns where it is sent back to. The client must not follow
// redirections.
func (p *Provider) Passes(browser *http.Client, location, sub string) (back string) {
	p.t.Helper()
	for range 10 {
		if !strings.HasPrefix(location, p.Issuer) {
			return location
		}
		if strings.Contains(location, "/interaction/") {
			location += "/as/" + sub
		}
		resp, err := browser.Get(location)
		if err != nil {
			p.t.Fatal(err)
		}
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 2000))
		resp.Body.Close()
		next, err := resp.Location()
		if err != nil {
			p.t.Fatalf("%s: %s\n%s", location, resp.Status, text)
		}
		location = next.String()
	}
	p.t.Fatalf("the provider sends people round in circles: %s", location)
	return ""
}
