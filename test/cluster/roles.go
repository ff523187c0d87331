package cluster

import (
	"fmt"
	"maps"
	"time"
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

// Restart starts the role again at its address and waits until it is ready.
func (r *Role) Restart() error {
	if err := r.Start(); err != nil {
		return err
	}
	return poll(30*time.Second, r.Ready)
}

// Edge is a role that clients talk to.
type Edge struct {
	Role
	URL string // such as http://127.0.0.1:8080
}

// AddEdge starts another edge, with changes to its environment.
func (c *Cluster) AddEdge(changes ...map[string]string) (*Edge, error) {
	ports, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	listen := fmt.Sprintf("127.0.0.1:%d", ports[0])
	env := map[string]string{"NATTER_LISTEN": listen}
	for _, more := range changes {
		maps.Copy(env, more)
	}
	role, err := c.add("edge", env)
	if err != nil {
		return nil, err
	}
	e := &Edge{Role: *role, URL: "http://" + listen}
	c.Edges = append(c.Edges, e)
	return e, poll(30*time.Second, e.Ready)
}

// AddPersister starts another persister.
func (c *Cluster) AddPersister() (*Role, error) {
	r, err := c.add("persister", nil)
	if err == nil {
		c.Persisters = append(c.Persisters, r)
	}
	return r, err
}

// AddNotifier starts another notifier.
func (c *Cluster) AddNotifier() (*Role, error) {
	r, err := c.add("notifier", nil)
	if err == nil {
		c.Notifiers = append(c.Notifiers, r)
	}
	return r, err
}

// add starts a role from its command.
func (c *Cluster) add(command string, env map[string]string) (*Role, error) {
	path, err := c.options.Binaries.Path(command)
	if err != nil {
		return nil, err
	}
	return c.AddProcess(command, path, nil, env)
}

// AddProcess starts any program with a role's environment, such as a role with
// a fault built in. It belongs to nobody's list: who adds it ends it, unless it
// is appended to Persisters or Notifiers.
func (c *Cluster) AddProcess(name, path string, args []string, changes map[string]string) (*Role, error) {
	ports, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	c.started++
	name = fmt.Sprintf("%s-%d", name, c.started)
	ops := fmt.Sprintf("127.0.0.1:%d", ports[0])
	env := map[string]string{"NATTER_NAME": name, "NATTER_OPS_LISTEN": ops}
	maps.Copy(env, changes)
	r := &Role{Ops: "http://" + ops, Process: &Process{
		Name: name, path: path, args: args, env: c.environment(env), log: c.file(name + ".log")}}
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
	if !e.Running() {
		return nil
	}
	_, err := e.Terminate(20 * time.Second)
	return err
}
