package embedded

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"

	"github.com/nats-io/nats-server/v2/server"
)

// member is one server's place in a cluster. It outlives the server, so that
// the next one takes up the same name, directory and addresses.
type member struct {
	cfg    Config
	group  string
	port   int        // of its route listener, on loopback
	routes []*url.URL // of all members: JetStream takes their number for its first quorum
}

// newMembers plans n members of a checked Config below dir.
func newMembers(n int, cfg Config, dir string) ([]*member, error) {
	ports, err := freePorts(n)
	if err != nil {
		return nil, err
	}
	routes := make([]*url.URL, n)
	for i, port := range ports {
		routes[i] = &url.URL{Scheme: "nats-route", Host: fmt.Sprintf("127.0.0.1:%d", port)}
	}
	members := make([]*member, n)
	for i := range members {
		m := &member{cfg: cfg, group: cfg.Name, port: ports[i], routes: routes}
		m.cfg.Name = fmt.Sprintf("%s-%d", cfg.Name, i)
		m.cfg.Dir = filepath.Join(dir, m.cfg.Name)
		members[i] = m
	}
	return members, nil
}

// join makes a member of the server that opts are for.
func (m *member) join(opts *server.Options) {
	opts.Cluster.Name = m.group
	opts.Cluster.Host, opts.Cluster.Port = "127.0.0.1", m.port
	// One plain connection between two members: a pool, and compression, take
	// longer to set up than loopback can repay.
	opts.Cluster.PoolSize = -1
	opts.Cluster.Compression.Mode = server.CompressionOff
	opts.Routes = m.routes
	if opts.DontListen {
		// Without a client listener the server never opens its routes, and its
		// Shutdown waits for them for ever.
		opts.DontListen = false
		opts.Host, opts.Port = "127.0.0.1", server.RANDOM_PORT
		opts.Cluster.NoAdvertise = true
	}
}

// freePorts are n ports of loopback that were free a moment ago. Somebody may
// take one before the server does.
func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("embedded: find a port: %w", err)
		}
		// Held until all are found, so that they differ.
		defer func() { _ = l.Close() }()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

// start runs the member's server; Restart reuses the client port it gets.
func (m *member) start() (*Server, error) {
	s, err := start(m.cfg, m)
	if err == nil && m.cfg.Listen != "" {
		m.cfg.Listen = s.ns.Addr().String()
	}
	return s, err
}
