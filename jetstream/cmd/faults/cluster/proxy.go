package cluster

import (
	"net"
	"sync"
	"time"
)

// proxy accepts connections for one listener of a server. The server may come back
// at another address.
type proxy struct {
	listener net.Listener
	all      sync.WaitGroup // goroutines

	mu      sync.Mutex // guards the fields below
	mode    Mode
	changed chan struct{} // closed when the mode is set
	target  string        // address of the server, "" if it has not run yet
	conns   map[*proxiedConn]bool
	closed  bool
}

func newProxy() (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, changed: make(chan struct{}), conns: make(map[*proxiedConn]bool)}
	p.all.Go(p.accept)
	return p, nil
}

// addr is the address of the proxy.
func (p *proxy) addr() string { return p.listener.Addr().String() }

// setMode sets the mode of open connections and of new ones.
func (p *proxy) setMode(mode Mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = mode
	close(p.changed)
	p.changed = make(chan struct{})
	if mode == Cut {
		for c := range p.conns {
			c.close()
		}
	}
}

// setTarget sets the address of the server for new connections.
func (p *proxy) setTarget(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// close closes all connections and returns when all goroutines have ended.
func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for c := range p.conns {
		c.close()
	}
	p.mu.Unlock()
	p.all.Wait()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		c := newProxiedConn(client)
		p.mu.Lock()
		if p.closed {
			c.close()
		}
		p.conns[c] = true
		p.all.Go(func() { p.serve(c, client) })
		p.mu.Unlock()
	}
}

// serve copies bytes between a client and the server until one of them closes its
// connection.
func (p *proxy) serve(c *proxiedConn, client net.Conn) {
	defer func() {
		c.close()
		p.mu.Lock()
		delete(p.conns, c)
		p.mu.Unlock()
	}()
	if !p.awaitPassage(c) {
		return
	}
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	server, err := net.DialTimeout("tcp", target, 5*time.Second)
	if err != nil || !c.add(server) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.copy(c, server, client) })
	both.Go(func() { p.copy(c, client, server) })
	both.Wait()
}

func (p *proxy) copy(c *proxiedConn, to, from net.Conn) {
	defer c.close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && p.awaitPassage(c) {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// awaitPassage waits until the mode lets bytes pass. It returns false if the
// connection is closed first.
func (p *proxy) awaitPassage(c *proxiedConn) bool {
	for {
		p.mu.Lock()
		mode, changed := p.mode, p.changed
		p.mu.Unlock()
		switch mode {
		case Pass:
			return true
		case Cut:
			c.close()
			return false
		case Delay:
			return c.sleep(delay)
		case Blackhole:
			select {
			case <-changed:
			case <-c.done:
				return false
			}
		}
	}
}
