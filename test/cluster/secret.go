package cluster

// Secret is what the edges sign tokens with: a load that needs thousands of
// people signs theirs itself.
func (c *Cluster) Secret() string { return c.secret }
