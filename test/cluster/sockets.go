package cluster

// CutSockets resets every connection that clients have with an edge, at once
// and on both sides, and returns how many. It needs root.
func (c *Cluster) CutSockets(e *Edge) (cut int, err error) {
	err = e.in.do(func() error {
		cut, err = resetSockets(e.listen)
		return err
	})
	return cut, err
}

// Roll ends the edges by SIGTERM and starts them again, one after the other,
// and calls between, which may be nil, after each.
func (c *Cluster) Roll(between func() error) error {
	for _, e := range c.Edges {
		if err := e.roll(); err != nil {
			return err
		}
		if between == nil {
			continue
		}
		if err := between(); err != nil {
			return err
		}
	}
	return nil
}
