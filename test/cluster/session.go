package cluster

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// sessionBound is how long a session lives if nobody ends it.
const sessionBound = 2 * time.Minute

// session is a connection to PostgreSQL that stays open, held by a psql that
// ends with this program.
type session struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors bytes.Buffer
	cancel context.CancelFunc
}

// session connects. It fails if the server refuses.
func (p *Postgres) session() (*session, error) {
	psql, err := findPsql()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), sessionBound)
	s := &session{cancel: cancel, cmd: exec.CommandContext(ctx, psql, "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", p.URL())}
	s.cmd.Stderr = &s.errors
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for this program; psql ends with its input
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		cancel()
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	if _, err := s.run(""); err != nil {
		return nil, err
	}
	return s, nil
}

// run executes statements and returns the lines that they print. After an error
// the session has ended.
func (s *session) run(statements string) (lines []string, err error) {
	const done = "done"
	_, err = io.WriteString(s.in, statements+"\n\\echo "+done+"\n")
	for err == nil {
		var line string
		line, err = s.out.ReadString('\n')
		if err == nil && line == done+"\n" {
			return lines, nil
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	s.end() // it tells why on stderr
	return nil, fmt.Errorf("a session with PostgreSQL ended: %s", strings.TrimSpace(s.errors.String()))
}

// end rolls back and disconnects.
func (s *session) end() {
	s.in.Close()
	_ = s.cmd.Wait() // it may have been ended by the server
	s.cancel()
}
