package hasher

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/natter-chat/natter/auth"
)

// Command is the argument by which a program becomes a child.
const Command = "hash-passwords"

// lowered follows Command once the child has its rank.
const lowered = "lowered"

const (
	longest = 4 << 10          // bytes of a line: a password of chat.MaxPassword and a hash, with room
	restful = 10 * time.Second // without a question, until a child gives its memory back
)

// question is what a child is asked. Bytes, because JSON changes a string that
// is not UTF-8, and a password may be anything.
type question struct {
	Password []byte `json:"password"`
	Hash     string `json:"hash,omitempty"` // to compare with; "": make one
}

type answer struct {
	Hash  string `json:"hash,omitempty"`
	Match bool   `json:"match,omitempty"`
	Error string `json:"error,omitempty"`
}

// IsChild reports whether these arguments of a process make it a child.
func IsChild(args []string) bool { return len(args) >= 2 && args[1] == Command }

// Child is a child's whole life; it returns the exit code. Its parent alone ends
// it: a terminal and a service manager signal whole groups, while the edge still
// drains.
func Child(in io.Reader, out io.Writer) int {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	if len(os.Args) < 3 || os.Args[2] != lowered {
		again() // returns only where it cannot
	}
	if answerAll(in, out) != nil {
		return 1
	}
	return 0
}

func answerAll(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, longest), longest)
	rest := time.AfterFunc(restful, debug.FreeOSMemory)
	defer rest.Stop()
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return err
		}
		rest.Stop()
		if err := json.NewEncoder(out).Encode(q.answer()); err != nil {
			return err
		}
		runtime.GC() // it runs at no other time: the next hash takes the place of this one
		rest.Reset(restful)
	}
	return lines.Err()
}

func (q question) answer() (a answer) {
	var err error
	if q.Hash == "" {
		a.Hash, err = auth.Here{}.Hash(context.Background(), string(q.Password))
	} else {
		a.Match, err = auth.Here{}.Matches(context.Background(), string(q.Password), q.Hash)
	}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}
