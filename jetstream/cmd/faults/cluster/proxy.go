package cluster

import (
	"net"
	"sync"
	"time"
)

// Mode is what a proxy does with the bytes that come.
type Mode int

// The modes of a proxy.
const (
	Pass      Mode = iota
	Blackhole      // connections stay, and new ones are taken, but no byte moves
	Cut            // connections are closed, and new ones too
	Delay          // bytes are held up for a while
)

// String returns the name of the mode.
func (m Mode) String() string { return [...]string{"pass", "blackhole", "cut", "delay"}[m] }

// holdUp is how long mode Delay holds each piece up.
const holdUp = 20 * time.Millisecond

// proxy stands in front of one listener of a server, which may come back at
// another address.
type proxy struct {
	listener net.Listener
	all      sync.WaitGroup

	mu      sync.Mutex // guards what follows
	mode    Mode
	target  string        // "" while there is no server
	changed chan struct{} // closed when the mode is set
	pairs   map[*pair]bool
	closed  bool
}

// pair is the two connections that a proxy moves bytes between.
type pair struct {
	done  chan struct{} // closed when they are
	once  sync.Once
	mu    sync.Mutex // guards conns
	conns []net.Conn
}

func newProxy() (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, changed: make(chan struct{}), pairs: make(map[*pair]bool)}
	p.all.Go(p.accept)
	return p, nil
}

// addr is where to connect to the proxy.
func (p *proxy) addr() string { return p.listener.Addr().String() }

// set changes the mode, of the connections that there are too.
func (p *proxy) set(mode Mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = mode
	close(p.changed)
	p.changed = make(chan struct{})
	if mode == Cut {
		for c := range p.pairs {
			c.close()
		}
	}
}

// aim says where the server is.
func (p *proxy) aim(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for c := range p.pairs {
		c.close()
	}
	p.mu.Unlock()
	p.all.Wait()
}

func (p *proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		c := &pair{done: make(chan struct{}), conns: []net.Conn{conn}}
		p.mu.Lock()
		if p.closed {
			c.close()
		}
		p.pairs[c] = true
		p.all.Go(func() { p.serve(c, conn) })
		p.mu.Unlock()
	}
}

// serve moves bytes between a connection and the server until one of them ends.
func (p *proxy) serve(c *pair, conn net.Conn) {
	defer func() {
		c.close()
		p.mu.Lock()
		delete(p.pairs, c)
		p.mu.Unlock()
	}()
	if !p.may(c) {
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
	both.Go(func() { p.move(c, server, conn) })
	both.Go(func() { p.move(c, conn, server) })
	both.Wait()
}

// move copies from one connection to the other.
func (p *proxy) move(c *pair, to, from net.Conn) {
	defer c.close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && p.may(c) {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// may waits until bytes may go on, and tells whether they ever may.
func (p *proxy) may(c *pair) bool {
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
			select {
			case <-time.After(holdUp):
				return true
			case <-c.done:
				return false
			}
		case Blackhole:
			select {
			case <-changed:
			case <-c.done:
				return false
			}
		}
	}
}

// add takes the second connection, unless the first is closed by now.
func (c *pair) add(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.done:
		_ = conn.Close()
		return false
	default:
		c.conns = append(c.conns, conn)
		return true
	}
}

func (c *pair) close() {
	c.once.Do(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		close(c.done)
		for _, conn := range c.conns {
			_ = conn.Close()
		}
	})
}
