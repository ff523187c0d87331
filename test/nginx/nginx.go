package nginx

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/internal/local"
)

// Balancer is Debian's nginx with deploy/nginx/natter.conf: only the ports, the
// edges' addresses and the folder of the logs differ.
type Balancer struct {
	URL string // where clients connect
	dir string
}

// Start runs nginx before two edges, each given as host:port. It ends with
// the test.
func Start(t testing.TB, first, second string) *Balancer {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // Debian's place, which an ordinary user's PATH lacks
	}
	if _, err := os.Stat(program); err != nil {
		t.Fatal("nginx is missing: run `apt-get install nginx-light`")
	}
	listen := freeAddress(t)
	b := &Balancer{URL: "http://" + listen, dir: t.TempDir()}
	b.write(t, "natter.conf", substituted(t, listen, first, second, b.dir))
	b.write(t, "nginx.conf", fmt.Sprintf(nginxMain, b.dir))
	var output bytes.Buffer
	cmd := exec.Command(program, "-p", b.dir, "-c", filepath.Join(b.dir, "nginx.conf"), "-e", filepath.Join(b.dir, "start.log"))
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // fast shutdown
		if err := <-ended; err != nil {
			t.Errorf("nginx: %v\n%s%s", err, output.String(), b.Log("start.log"))
		}
	})
	b.awaitListening(t, listen, ended, &output)
	return b
}

// nginxMain stands for Debian's /etc/nginx/nginx.conf.
const nginxMain = `
daemon off;
worker_processes 2;
pid %[1]s/nginx.pid;
events { worker_connections 1024; }
http {
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	include %[1]s/natter.conf;
}
`

// substituted returns the file as it is deployed, with the test's addresses.
// Everything that it replaces must stand in the file.
func substituted(t testing.TB, listen, first, second, dir string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root(), "deploy", "nginx", "natter.conf"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for old, new := range map[string]string{
		"127.0.0.1:8080": first, "127.0.0.1:8081": second, "listen 80;": "listen " + listen + ";", "/var/log/nginx/": dir + "/",
	} {
		if !strings.Contains(text, old) {
			t.Fatalf("natter.conf does not contain %q any more", old)
		}
		text = strings.ReplaceAll(text, old, new)
	}
	return text
}

func (b *Balancer) awaitListening(t testing.TB, address string, ended chan error, output *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("nginx ended: %v\n%s%s", err, output.String(), b.Log("start.log"))
		case <-ctx.Done():
			t.Fatalf("nginx does not listen: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (b *Balancer) write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	// Workers of a root nginx are somebody else: they must reach their folders.
	for dir := b.dir; dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) {
		_ = os.Chmod(dir, 0o755)
	}
}

// Log returns what nginx wrote into one of its logs.
func (b *Balancer) Log(name string) string {
	raw, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// freeAddress returns a loopback address where nobody listens at this moment.
func freeAddress(t testing.TB) string {
	t.Helper()
	port, err := local.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// root returns the repository's folder, wherever the test runs.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}
