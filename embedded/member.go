package embedded

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"

	"github.com/nats-io/nats-server/v2/server"
)

// member is one member of a cluster. Its server may be closed and replaced by
// another one, with the same name, directory and addresses.
type member struct {
	cfg     Config
	cluster string     // its name
	port    int        // of the route listener, on loopback
	routes  []*url.URL // to all members; JetStream derives its first quorum from their number
}

// newMembers returns n members of a checked Config, with directories below dir.
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
		m := &member{cfg: cfg, cluster: cfg.Name, port: ports[i], routes: routes}
		m.cfg.Name = fmt.Sprintf("%s-%d", cfg.Name, i)
		m.cfg.Dir = filepath.Join(dir, m.cfg.Name)
		members[i] = m
	}
	return members, nil
}

// join changes opts so that their server joins the cluster as m.
func (m *member) join(opts *server.Options) {
	opts.Cluster.Name = m.cluster
	opts.Cluster.Host, opts.Cluster.Port = "127.0.0.1", m.port
	// One connection between two members, not compressed: on loopback a pool and
	// compression cost more than they save.
	opts.Cluster.PoolSize = -1
	opts.Cluster.Compression.Mode = server.CompressionOff
	opts.Routes = m.routes
	if opts.DontListen {
		// Without a client listener the server never opens its routes, and Shutdown
		// waits for them forever.
		opts.DontListen = false
		opts.Host, opts.Port = "127.0.0.1", server.RANDOM_PORT
		opts.Cluster.NoAdvertise = true
	}
}

// freePorts returns n ports of loopback that are free. Another process may take one
// before the server does.
func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("embedded: find a port: %w", err)
		}
		// Open until all are found, so that they differ.
		defer func() { _ = l.Close() }()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

// start starts a server for the member, and keeps its client port for the next one.
func (m *member) start() (*Server, error) {
	s, err := start(m.cfg, m)
	if err == nil && m.cfg.Listen != "" {
		m.cfg.Listen = s.ns.Addr().String()
	}
	return s, err
}
