package cluster

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Whole brings everything back that a test ended, and waits until all is ready.
// It fails if something had ended by itself or reported a data race.
func (c *Cluster) Whole() error {
	wrong := []error{c.Heal(), c.Postgres.Continue()}
	for _, p := range c.processes() {
		p.Continue()
		wrong = append(wrong, p.died())
		if strings.Contains(p.Log(), "WARNING: DATA RACE") {
			wrong = append(wrong, fmt.Errorf("%s reported a data race", p.Name))
		}
	}
	for _, n := range c.NATSServers {
		if !n.Running() {
			wrong = append(wrong, n.Start())
		}
	}
	wrong = append(wrong, c.Current(30*time.Second))
	if !c.Postgres.Running() {
		wrong = append(wrong, c.Postgres.Restart())
	}
	for _, r := range c.roles() {
		if !r.Running() {
			wrong = append(wrong, r.Start())
		}
	}
	return errors.Join(errors.Join(wrong...), c.Ready(30*time.Second))
}

// Close ends everything: the roles by SIGTERM, then NATS and PostgreSQL. It
// reports roles that did not end well.
func (c *Cluster) Close() error {
	wrong := []error{c.Heal()}
	if c.log != nil {
		c.log.Close()
	}
	if c.Postgres != nil {
		wrong = append(wrong, c.Postgres.Continue())
	}
	for _, p := range c.processes() {
		p.Continue()
	}
	for _, p := range c.processes() {
		if !p.Running() {
			continue
		}
		code, err := p.Terminate(20 * time.Second)
		if err == nil && code != 0 {
			err = fmt.Errorf("%s ended with code %d", p.Name, code)
		}
		wrong = append(wrong, err)
	}
	if c.Postgres != nil {
		wrong = append(wrong, c.Postgres.stop())
	}
	for _, e := range c.Edges {
		e.closeProxies()
	}
	if c.network != nil {
		wrong = append(wrong, c.network.close())
	}
	return errors.Join(wrong...)
}
