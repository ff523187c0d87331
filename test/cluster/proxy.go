package cluster

import (
	"bufio"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Proxy stands between one process and NATS. It passes everything on but what
// its rule takes away from what the server sends.
type Proxy struct {
	Address  string
	place    place
	upstream string
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	rule    func(subject string) bool // true: drop
	dropped int
	conns   map[net.Conn]bool
}

// NewProxy starts a proxy before a NATS server. Close ends it.
func NewProxy(upstream string) (*Proxy, error) { return newProxy(upstream, place{addr: loopback}) }

func newProxy(upstream string, at place) (*Proxy, error) {
	l, err := net.Listen("tcp", netip.AddrPortFrom(at.addr, 0).String())
	if err != nil {
		return nil, err
	}
	p := &Proxy{Address: l.Addr().String(), place: at, upstream: upstream, listener: l, conns: map[net.Conn]bool{}}
	p.running.Go(p.accept)
	return p, nil
}

// URL is what the process gets as its NATS_URL.
func (p *Proxy) URL() string { return "nats://" + p.Address }

// DropLive makes the proxy drop republished events whose subject begins with
// prefix, such as "live.chat.", each with the given probability. The seed
// makes a run repeatable as far as the order of messages is.
func (p *Proxy) DropLive(prefix string, probability float64, seed uint64) {
	random := rand.New(rand.NewPCG(seed, seed))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rule = func(subject string) bool {
		return strings.HasPrefix(subject, prefix) && random.Float64() < probability
	}
}

// Pass ends all dropping.
func (p *Proxy) Pass() { p.mu.Lock(); defer p.mu.Unlock(); p.rule = nil }

// Dropped counts what was dropped so far.
func (p *Proxy) Dropped() int { p.mu.Lock(); defer p.mu.Unlock(); return p.dropped }

// Close ends the proxy and all its connections.
func (p *Proxy) Close() {
	p.listener.Close()
	p.mu.Lock()
	for conn := range p.conns {
		conn.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.DialTimeout("tcp", p.upstream, 5*time.Second)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		p.running.Go(func() { p.join(client, server) })
	}
}

// join passes bytes both ways until either side ends.
func (p *Proxy) join(client, server net.Conn) {
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = bufio.NewReader(client).WriteTo(server)
		server.Close()
	})
	p.down(client, server)
	client.Close()
	server.Close()
	up.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, client)
	delete(p.conns, server)
}

// down passes on what the server sends, but for what the rule drops. It
// flushes when nothing more is buffered.
func (p *Proxy) down(client, server net.Conn) {
	r, w := bufio.NewReaderSize(server, 64<<10), bufio.NewWriterSize(client, 64<<10)
	for {
		m, err := readMessage(r)
		if err != nil {
			return
		}
		if !p.drops(m.subject()) {
			if _, err := w.Write(m.bytes()); err != nil {
				return
			}
		}
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}

func (p *Proxy) drops(subject string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if subject == "" || p.rule == nil || !p.rule(subject) {
		return false
	}
	p.dropped++
	return true
}
