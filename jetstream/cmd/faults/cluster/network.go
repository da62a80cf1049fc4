//go:build unix

package cluster

import "errors"

// SetRoutes sets the mode of all routes from and to a server.
func (c *Cluster) SetRoutes(node int, mode Mode) {
	for i := range Size {
		if i != node {
			c.routes[i][node].setMode(mode)
			c.routes[node][i].setMode(mode)
		}
	}
}

// SetAllRoutes sets the mode of the routes between all servers.
func (c *Cluster) SetAllRoutes(mode Mode) {
	for i := range Size {
		c.SetRoutes(i, mode)
	}
}

// SetClients sets the mode of the connections between a server and its clients.
func (c *Cluster) SetClients(node int, mode Mode) { c.Nodes[node].clients.setMode(mode) }

// Heal sets all connections to [Pass], resumes paused servers, and starts the
// servers that do not run.
func (c *Cluster) Heal() error {
	var errs []error
	for i, n := range c.Nodes {
		c.SetRoutes(i, Pass)
		c.SetClients(i, Pass)
		errs = append(errs, n.Resume())
	}
	return errors.Join(append(errs, c.StartAll())...)
}
