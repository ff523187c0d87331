package load

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// Pager reads pages of rooms over one HTTP connection. It writes its requests
// and reads the answers by hand: a general client costs more than the edge.
type Pager struct {
	host string
	conn net.Conn
	in   *bufio.Reader
	out  []byte
	body []byte
	seqs []uint64
}

// Page is what a Pager has read. It is valid until the next Get.
type Page struct {
	Seqs     []uint64 // as they came
	Position string   // the page's own
	Older    string   // "" at the room's beginning
	Bytes    int      // of the body
}

// pageWithin bounds one request.
const pageWithin = 30 * time.Second

// DialPager connects to an edge, such as http://127.0.0.1:8080.
func DialPager(ctx context.Context, edge string) (*Pager, error) {
	host := strings.TrimPrefix(edge, "http://")
	dialer := net.Dialer{Timeout: handshakeWithin}
	conn, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	return &Pager{host: host, conn: conn, in: bufio.NewReaderSize(conn, 8<<10)}, nil
}

// Close ends the connection.
func (p *Pager) Close() { p.conn.Close() }

// Get reads the page of up to limit events before a position; "" is the newest.
func (p *Pager) Get(token, room, before string, limit int) (page Page, err error) {
	p.out = fmt.Appendf(p.out[:0], "GET /api/rooms/%s/messages?limit=%d", room, limit)
	if before != "" {
		p.out = append(append(p.out, "&before="...), before...)
	}
	p.out = fmt.Appendf(p.out, " HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", p.host, token)
	_ = p.conn.SetDeadline(time.Now().Add(pageWithin))
	if _, err := p.conn.Write(p.out); err != nil {
		return page, err
	}
	if err := p.answer(); err != nil {
		return page, err
	}
	p.seqs = itemSeqs(p.seqs[:0], p.body)
	tail := p.body[max(0, len(p.body)-300):] // the members behind the items
	return Page{Seqs: p.seqs, Position: word(tail, `"position":"`), Older: word(tail, `"older":"`), Bytes: len(p.body)}, nil
}

// answer reads a response of HTTP/1.1 (RFC 9112) into body.
func (p *Pager) answer() error {
	line, err := p.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return fmt.Errorf("no HTTP: %.40q", line)
	}
	status := string(line[9:12])
	length, chunked := -1, false
	for {
		if line, err = p.in.ReadSlice('\n'); err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			length, err = strconv.Atoi(string(bytes.TrimSpace(value)))
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked"))
		}
		if err != nil {
			return err
		}
	}
	p.body = p.body[:0]
	switch {
	case chunked:
		err = p.chunks()
	case length >= 0:
		err = p.take(length)
	default:
		err = fmt.Errorf("an answer without a length")
	}
	if err == nil && status != "200" {
		err = fmt.Errorf("status %s %s", status, word(p.body, `"code":"`))
	}
	return err
}

// take appends n bytes to the body.
func (p *Pager) take(n int) error {
	have := len(p.body)
	if cap(p.body) < have+n {
		p.body = append(make([]byte, 0, have+n+4<<10), p.body...)
	}
	p.body = p.body[:have+n]
	_, err := io.ReadFull(p.in, p.body[have:])
	return err
}

// chunks reads a body in chunks (section 7.1). Trailers are not used here.
func (p *Pager) chunks() error {
	for {
		line, err := p.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, _, _ := strings.Cut(strings.TrimSpace(string(line)), ";")
		n, err := strconv.ParseUint(size, 16, 31)
		if err != nil {
			return fmt.Errorf("a chunk without a size: %w", err)
		}
		if err := p.take(int(n)); err != nil {
			return err
		}
		if _, err := p.in.Discard(2); err != nil { // the chunk's CR LF
			return err
		}
		if n == 0 {
			return nil
		}
	}
}

var itemHead = []byte(`{"seq":`)

// itemSeqs appends the sequences of a page's items. Quotes within a text are
// escaped, so that none looks like an item's head.
func itemSeqs(to []uint64, body []byte) []uint64 {
	for {
		i := bytes.Index(body, itemHead)
		if i < 0 {
			return to
		}
		var seq uint64
		seq, body = digits(body[i+len(itemHead):])
		to = append(to, seq)
	}
}
