package service_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/natter-chat/natter/internal/service"
)

// TestMain lets this test binary be a program of the kind that it tests: with
// SERVICE_TEST set it runs that role.
func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv("SERVICE_TEST")]
	if !ok {
		os.Exit(m.Run())
	}
	p := service.OS("edge", "A role of the tests.")
	p.Args = nil
	os.Exit(service.Main(p, defaults(), role))
}

var roles = map[string]func(context.Context, *service.Service) error{
	"waits": func(ctx context.Context, s *service.Service) error {
		s.Ready("weather", func(context.Context) error { return nil })
		s.Started()
		<-ctx.Done()
		return nil
	},
	"starts slowly": func(ctx context.Context, s *service.Service) error {
		<-ctx.Done()
		return ctx.Err()
	},
	"never drains": func(ctx context.Context, s *service.Service) error {
		s.Started()
		<-ctx.Done()
		s.Logger.Info("still here")
		select {}
	},
	"is not ready": func(ctx context.Context, s *service.Service) error {
		s.Ready("weather", func(context.Context) error { return errors.New("it rains") })
		s.Ready("fish", func(context.Context) error { return nil })
		s.Started()
		<-ctx.Done()
		return nil
	},
	"refuses": func(context.Context, *service.Service) error {
		return errors.New("stream CHAT does not exist: run natter setup")
	},
	"loses its log": func(ctx context.Context, s *service.Service) error {
		s.Fail(errors.New("the connection closed for ever"))
		<-ctx.Done()
		return nil
	},
}

// program is a running role.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	ops   string
	lines chan string
	said  *bytes.Buffer // complete after exit
}

func run(t *testing.T, role string, environ ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.Command(os.Args[0]), lines: make(chan string, 1000), said: &bytes.Buffer{}}
	p.cmd.Env = append(os.Environ(), append(environ, "SERVICE_TEST="+role, "DATABASE_URL=postgres://u:hush@db/n")...)
	out, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	return p
}

// says waits for a line with text.
func (p *program) says(text string) string {
	p.t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			p.said.WriteString(line + "\n")
			if strings.Contains(line, text) {
				return line
			}
			if !ok {
				p.t.Fatalf("it ended without saying %q:\n%s", text, p.said)
			}
		case <-late:
			p.t.Fatalf("it did not say %q:\n%s", text, p.said)
		}
	}
}

// get asks the health server and returns the status and the body.
func (p *program) get(path string) (int, string) {
	p.t.Helper()
	if p.ops == "" {
		p.ops = regexp.MustCompile(`ops=(\S+)`).FindStringSubmatch(p.says("msg=starting"))[1]
	}
	res, err := http.Get("http://" + p.ops + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func (p *program) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exits waits for the end and returns the exit code.
func (p *program) exits() int {
	p.t.Helper()
	for line := range p.lines {
		p.said.WriteString(line + "\n")
	}
	_ = p.cmd.Wait() // the exit code says it
	return p.cmd.ProcessState.ExitCode()
}

func TestATermSignalEndsCleanly(t *testing.T) {
	p := run(t, "waits")
	p.says("msg=started")
	p.signal(syscall.SIGTERM)
	if code := p.exits(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, p.said)
	}
}

func TestASignalDuringTheStartEndsCleanly(t *testing.T) {
	p := run(t, "starts slowly")
	p.answers("/readyz", http.StatusServiceUnavailable, `"phase":"starting"`)
	p.signal(syscall.SIGINT)
	if code := p.exits(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, p.said)
	}
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	p := run(t, "never drains", "NATTER_DRAIN=5m")
	p.says("msg=started")
	p.signal(syscall.SIGINT)
	p.says("still here")
	ended := make(chan int)
	go func() { ended <- p.exits() }()
	again := time.NewTicker(100 * time.Millisecond) // one too soon counts as the first
	defer again.Stop()
	code, since, late := 0, time.Now(), time.After(20*time.Second)
	for code == 0 {
		select {
		case code = <-ended:
		case <-late:
			t.Fatal("it does not end")
		case <-again.C:
			_ = p.cmd.Process.Signal(syscall.SIGINT) // it may just have ended
		}
	}
	if code != 130 || time.Since(since) < time.Second/2 {
		t.Errorf("exit code %d after %v:\n%s", code, time.Since(since), p.said)
	}
}

func TestReadinessSaysDrainingWhileTheRoleDrains(t *testing.T) {
	p := run(t, "never drains", "NATTER_DRAIN=5m")
	p.get("/healthz")
	p.says("msg=started")
	p.signal(syscall.SIGTERM)
	p.says("msg=stopping")
	p.answers("/readyz", http.StatusServiceUnavailable, `"phase":"draining"`)
	p.answers("/healthz", http.StatusOK, "alive")
}

func TestReadinessNamesWhatIsWrong(t *testing.T) {
	p := run(t, "is not ready")
	p.get("/healthz")
	p.says("msg=started")
	p.answers("/readyz", http.StatusServiceUnavailable, "it rains")
	_, body := p.get("/readyz")
	var state struct{ Checks map[string]string }
	if err := json.Unmarshal([]byte(body), &state); err != nil || state.Checks["fish"] != "ok" {
		t.Errorf("%v in %s", err, body)
	}
}

func TestReadyAnswers200AndMetricsNameTheBuild(t *testing.T) {
	p := run(t, "waits")
	p.get("/healthz")
	p.says("msg=started")
	p.answers("/readyz", http.StatusOK, `"weather":"ok"`)
	p.answers("/metrics", http.StatusOK, `natter_build_info{`)
}

func TestARefusalEndsWithItsSentence(t *testing.T) {
	p := run(t, "refuses")
	if code := p.exits(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if !strings.HasSuffix(p.said.String(), "\nedge stopped: stream CHAT does not exist: run natter setup\n") {
		t.Errorf("it said:\n%s", p.said)
	}
}

func TestAFailureOfAPartIsTheExitCode(t *testing.T) {
	p := run(t, "loses its log")
	if code := p.exits(); code != 1 || !strings.Contains(p.said.String(), "closed for ever") {
		t.Errorf("exit code %d:\n%s", code, p.said)
	}
}

func TestTheConfigurationIsPrintedWithoutSecrets(t *testing.T) {
	p := run(t, "refuses", "NATTER_SECRET=hush")
	p.exits()
	if !strings.Contains(p.said.String(), "DATABASE_URL=postgres://***@db/n") {
		t.Errorf("the configuration is not printed:\n%s", p.said)
	}
	if strings.Contains(p.said.String(), "hush") {
		t.Errorf("a secret is printed:\n%s", p.said)
	}
}

func TestAWrongConfigurationEndsWithCode2(t *testing.T) {
	p := run(t, "waits", "NATTER_DRAIN=soon", "NATTER_LOG_FORMAT=xml")
	if code := p.exits(); code != 2 {
		t.Errorf("exit code %d", code)
	}
	for _, name := range []string{"NATTER_DRAIN", "NATTER_LOG_FORMAT"} {
		if !strings.Contains(p.said.String(), name) {
			t.Errorf("%s is missing in:\n%s", name, p.said)
		}
	}
}

func TestATakenHealthAddressIsSaidInASentence(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := run(t, "waits", "NATTER_OPS_LISTEN="+l.Addr().String())
	if code := p.exits(); code != 1 || !strings.Contains(p.said.String(), "choose another address with NATTER_OPS_LISTEN") {
		t.Errorf("exit code %d:\n%s", code, p.said)
	}
}

// answers expects a status and a text in the body.
func (p *program) answers(path string, status int, text string) {
	p.t.Helper()
	got, body := p.get(path)
	if got != status || !strings.Contains(body, text) {
		p.t.Errorf("%s: %d %s", path, got, body)
	}
}
