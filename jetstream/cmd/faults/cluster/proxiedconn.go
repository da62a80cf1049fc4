package cluster

import (
	"net"
	"sync"
	"time"
)

// proxiedConn is a client's connection to a proxy and the proxy's connection to
// the server. They are closed together.
type proxiedConn struct {
	done  chan struct{} // closed when the connections are
	once  sync.Once
	mu    sync.Mutex // guards conns
	conns []net.Conn
}

func newProxiedConn(client net.Conn) *proxiedConn {
	return &proxiedConn{done: make(chan struct{}), conns: []net.Conn{client}}
}

// add adds the connection to the server. It closes it and returns false if the
// client's is closed.
func (c *proxiedConn) add(server net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.done:
		_ = server.Close()
		return false
	default:
		c.conns = append(c.conns, server)
		return true
	}
}

// sleep waits for d. It returns false if the connections are closed first.
func (c *proxiedConn) sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-c.done:
		return false
	}
}

func (c *proxiedConn) close() {
	c.once.Do(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		close(c.done)
		for _, conn := range c.conns {
			_ = conn.Close()
		}
	})
}
