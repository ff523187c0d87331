package cluster

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/natter-chat/natter/internal/local"
)

// Role is a process of natter's with its page of health and metrics.
type Role struct {
	*Process
	Ops string // URL of /healthz, /readyz and /metrics
}

// Ready returns nil when the role says that it is ready.
func (r *Role) Ready() error {
	if err := r.died(); err != nil {
		return err
	}
	return healthy(r.Ops + "/readyz")
}

// readyWithin is more than a role waits for servers that do not answer.
const readyWithin = 75 * time.Second

// Restart starts the role again at its address and waits until it is ready or
// has ended.
func (r *Role) Restart() error {
	if err := r.Start(); err != nil {
		return err
	}
	err := poll(readyWithin, func() error {
		if r.died() != nil {
			return nil
		}
		return r.Ready()
	})
	return errors.Join(err, r.died())
}

// Edge is a role that clients talk to.
type Edge struct {
	Role
	URL string // such as http://127.0.0.1:8080

	listen  string           // host:port of URL
	proxies map[*NATS]*Proxy // see Options.Proxies
}

// AddEdge starts another edge, with changes to its environment.
func (c *Cluster) AddEdge(changes ...map[string]string) (*Edge, error) {
	at, err := c.settle()
	if err != nil {
		return nil, err
	}
	port, err := local.FreePort()
	if err != nil {
		return nil, err
	}
	listen := fmt.Sprintf("%s:%d", at.addr, port)
	env := map[string]string{"NATTER_LISTEN": listen}
	e := &Edge{URL: "http://" + listen, listen: listen}
	if c.options.Proxies {
		if e.proxies, err = c.newProxies(); err != nil {
			return nil, err
		}
		env["NATS_URL"] = e.proxyURL(c.NATSServers)
	}
	for _, more := range changes {
		maps.Copy(env, more)
	}
	role, err := c.add("edge", at, env)
	if err != nil {
		e.closeProxies()
		return nil, err
	}
	e.Role = *role
	c.Edges = append(c.Edges, e)
	return e, poll(30*time.Second, e.Ready)
}

// AddPersister starts another persister.
func (c *Cluster) AddPersister() (*Role, error) {
	r, err := c.addWorker("persister")
	if err == nil {
		c.Persisters = append(c.Persisters, r)
	}
	return r, err
}

// AddNotifier starts another notifier.
func (c *Cluster) AddNotifier() (*Role, error) {
	r, err := c.addWorker("notifier")
	if err == nil {
		c.Notifiers = append(c.Notifiers, r)
	}
	return r, err
}

func (c *Cluster) addWorker(command string) (*Role, error) {
	at, err := c.settle()
	if err != nil {
		return nil, err
	}
	return c.add(command, at, nil)
}

// add starts a role from its command.
func (c *Cluster) add(command string, at place, env map[string]string) (*Role, error) {
	path, err := c.options.Binaries.Path(command)
	if err != nil {
		return nil, err
	}
	return c.addProcess(command, path, nil, at, env)
}

// AddProcess starts any program with a role's environment, such as a role with
// a fault built in. It belongs to nobody's list: who adds it ends it, unless it
// is appended to Persisters or Notifiers.
func (c *Cluster) AddProcess(name, path string, args []string, changes map[string]string) (*Role, error) {
	at, err := c.settle()
	if err != nil {
		return nil, err
	}
	return c.addProcess(name, path, args, at, changes)
}

func (c *Cluster) addProcess(name, path string, args []string, at place, changes map[string]string) (*Role, error) {
	port, err := local.FreePort()
	if err != nil {
		return nil, err
	}
	c.started++
	name = fmt.Sprintf("%s-%d", name, c.started)
	ops := fmt.Sprintf("%s:%d", at.addr, port)
	env := map[string]string{"NATTER_NAME": name, "NATTER_OPS_LISTEN": ops}
	maps.Copy(env, changes)
	r := &Role{Ops: "http://" + ops, Process: &Process{Name: name, path: path, args: args,
		env: c.environment(env), log: c.file(name + ".log"), place: at}}
	return r, r.Start()
}

// RemoveEdge ends an edge for good.
func (c *Cluster) RemoveEdge(e *Edge) error {
	for i, other := range c.Edges {
		if other == e {
			c.Edges = append(c.Edges[:i], c.Edges[i+1:]...)
			break
		}
	}
	defer e.closeProxies()
	if !e.Running() {
		return nil
	}
	_, err := e.Terminate(20 * time.Second)
	return err
}

// roll ends the edge as a new release would, and starts it again.
func (e *Edge) roll() error {
	code, err := e.Terminate(20 * time.Second)
	if err == nil && code != 0 {
		err = fmt.Errorf("%s ended with code %d", e.Name, code)
	}
	if err != nil {
		return err
	}
	return e.Restart()
}
