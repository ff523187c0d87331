package cluster

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"
)

// loginBound is how long the server waits for somebody to log in.
const loginBound = "10min"

// TakeConnections ends natter's sessions and takes every connection that the
// server allows: until release, or for two minutes, nobody else gets one. Those
// that it takes are about to log in, for ever.
func (p *Postgres) TakeConnections() (release func() error, taken int, err error) {
	first, err := p.session()
	if err != nil {
		return nil, 0, err
	}
	var held []net.Conn
	release = func() error {
		first.end()
		for _, conn := range held {
			conn.Close()
		}
		return nil
	}
	// Who is thrown out comes back at once, and may be faster than we are.
	for range 100 {
		for conn := p.take(); conn != nil; conn = p.take() {
			held = append(held, conn)
		}
		lines, err := first.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'natter';")
		if err != nil {
			return nil, 0, errors.Join(err, release())
		}
		if len(lines) == 0 {
			return release, len(held), nil
		}
	}
	return nil, 0, errors.Join(errors.New("natter held on to its connections with PostgreSQL"), release())
}

// take connects up to where the server asks for the password, which is after it
// has given the connection a slot. It returns nil if there is none.
func (p *Postgres) take() net.Conn {
	at := netip.AddrPortFrom(p.place.addr, uint16(p.server.Port()))
	conn, err := net.DialTimeout("tcp", at.String(), 5*time.Second)
	if err != nil {
		return nil
	}
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	const who = "user\x00natter\x00database\x00natter\x00\x00"
	hello := binary.BigEndian.AppendUint32(nil, uint32(8+len(who)))
	hello = binary.BigEndian.AppendUint32(hello, 3<<16) // the protocol's version
	_, err = conn.Write(append(hello, who...))
	answer := make([]byte, 1)
	if err == nil {
		_, err = io.ReadFull(conn, answer)
	}
	if err != nil || answer[0] != 'R' { // no request for authentication
		conn.Close()
		return nil
	}
	return conn
}
