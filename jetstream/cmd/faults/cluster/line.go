//go:build unix

package cluster

// Line is a way to the servers that some clients have to themselves: a proxy before
// the one of each server.
type Line struct{ proxies [Size]*proxy }

// NewLine returns a line whose connections pass.
func (c *Cluster) NewLine() (*Line, error) {
	l := &Line{}
	for i, n := range c.Nodes {
		p, err := newProxy()
		if err != nil {
			l.Close()
			return nil, err
		}
		p.setTarget(n.clients.addr())
		l.proxies[i] = p
	}
	return l, nil
}

// URLs are the addresses of the servers on this line, server first at the head.
func (l *Line) URLs(first int) []string {
	urls := make([]string, Size)
	for i := range urls {
		urls[i] = "nats://" + l.proxies[(first+i)%Size].addr()
	}
	return urls
}

// SetMode sets the mode of all connections on this line.
func (l *Line) SetMode(mode Mode) {
	for _, p := range l.proxies {
		p.setMode(mode)
	}
}

// Close closes all connections on this line.
func (l *Line) Close() {
	for _, p := range l.proxies {
		if p != nil {
			p.close()
		}
	}
}
