package cluster

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"
)

// message is one operation of the NATS client protocol as a server sends it:
// its line and, for MSG and HMSG, its payload with the closing CR LF.
type message struct {
	line    string // without CR LF
	payload []byte
}

// subject returns the subject of a MSG or HMSG, "" for anything else.
func (m message) subject() string {
	fields := strings.Fields(m.line)
	if len(fields) > 3 && (fields[0] == "MSG" || fields[0] == "HMSG") {
		return fields[1]
	}
	return ""
}

// readMessage reads one operation from a server.
func readMessage(r *bufio.Reader) (message, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return message{}, err
	}
	m := message{line: strings.TrimRight(line, "\r\n")}
	if m.subject() == "" {
		return m, nil
	}
	fields := strings.Fields(m.line)
	size, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil {
		return m, fmt.Errorf("read %q: %w", m.line, err)
	}
	m.payload = make([]byte, size+2)
	_, err = io.ReadFull(r, m.payload)
	return m, err
}

func (m message) bytes() []byte {
	return append([]byte(m.line+"\r\n"), m.payload...)
}

// PublishRaw puts any body on a subject of a stream, past everything that
// natter checks, and returns the sequence that the server gave it.
func (n *NATS) PublishRaw(subject string, body []byte) (uint64, error) {
	payload, err := n.request(subject, body, 10*time.Second)
	if err != nil {
		return 0, err
	}
	return sequence(payload)
}

// request asks for one answer on a connection of its own.
func (n *NATS) request(subject string, body []byte, within time.Duration) ([]byte, error) {
	conn, err := net.DialTimeout("tcp", n.Address, min(within, 5*time.Second))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(within))
	_, err = fmt.Fprintf(conn, "CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB _INBOX.raw.%[1]d 1\r\nPUB %[2]s _INBOX.raw.%[1]d %[3]d\r\n%[4]s\r\n",
		rand.Uint64(), subject, len(body), body)
	if err != nil {
		return nil, err
	}
	for r := bufio.NewReader(conn); ; {
		m, err := readMessage(r)
		if err != nil {
			return nil, fmt.Errorf("ask %s of %s: %w", subject, n.Name, err)
		}
		if strings.HasPrefix(m.line, "-ERR") {
			return nil, errors.New(m.line)
		}
		if m.subject() != "" {
			return m.payload, nil
		}
	}
}

// sequence reads a publish acknowledgement.
func sequence(payload []byte) (uint64, error) {
	var ack struct {
		Seq   uint64          `json:"seq"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(payload, &ack); err != nil || ack.Error != nil || ack.Seq == 0 {
		return 0, fmt.Errorf("the server did not take it: %s", payload)
	}
	return ack.Seq, nil
}
