package jetstream_test

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// proxy is between a client and a server, and makes faults. To the client it
// passes whole frames, so that an answer can be lost without the connection; to the
// server it passes bytes, so that a connection can be cut in the middle of a batch.
type proxy struct {
	server nats.InProcessConnProvider

	mu     sync.Mutex
	lose   func(subject string, payload []byte) bool // which messages to the client are lost
	cut    func(n int) int                           // how many of n bytes to the server still pass; n for all
	change func(frame []byte) []byte                 // what becomes of a frame to the client
	held   bool                                      // nothing passes to the server until it is let go
	twice  func(n int) bool                          // whether n bytes to the server arrive twice; nil for never
	conns  map[*proxyConn]bool
}

func newProxy(replicas int) *proxy {
	w := &proxy{server: single, conns: make(map[*proxyConn]bool)}
	if replicas > 1 {
		w.server = cluster
	}
	return w
}

// connect is a client over the proxy that reconnects for ever.
func (w *proxy) connect(t testing.TB) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(w), nats.MaxReconnects(-1), nats.Timeout(5*time.Second),
		nats.ReconnectWait(2*time.Millisecond), nats.ReconnectJitter(0, 0),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // silent about what is done to it
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// loses sets which messages to the client are lost; nil for none.
func (w *proxy) loses(lose func(subject string, payload []byte) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lose = lose
}

// cuts sets after how many of the n bytes of a write the connection is cut; nil
// for never.
func (w *proxy) cuts(cut func(n int) int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
}

// doubles sets which writes of n bytes arrive at the server twice; nil for none.
func (w *proxy) doubles(twice func(n int) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.twice = twice
}

// hold keeps what the client sends from the server, which the client does not
// notice.
func (w *proxy) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = true
}

// holds returns how often the given text is in what is held.
func (w *proxy) holds(text string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		n += bytes.Count(c.late, []byte(text))
	}
	return n
}

// release delivers what was held.
func (w *proxy) release() {
	for {
		w.mu.Lock()
		late := make(map[*proxyConn][]byte)
		for c := range w.conns {
			if len(c.late) > 0 {
				late[c], c.late = c.late, nil
			}
		}
		w.held = len(late) > 0
		w.mu.Unlock()
		if len(late) == 0 {
			return
		}
		for c, p := range late {
			_, _ = c.Conn.Write(p)
		}
	}
}

// cutAll cuts every connection.
func (w *proxy) cutAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		_ = c.Conn.Close()
	}
}

func (w *proxy) InProcessConn() (net.Conn, error) {
	conn, err := w.server.InProcessConn()
	if err != nil {
		return nil, err
	}
	c := &proxyConn{Conn: conn, proxy: w, in: bufio.NewReader(conn)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns[c] = true
	return c, nil
}

// gate is a proxy that can be shut, so that no client can connect.
type gate struct {
	*proxy
	shut atomic.Bool
}

func (g *gate) InProcessConn() (net.Conn, error) {
	if g.shut.Load() {
		return nil, errCut
	}
	return g.proxy.InProcessConn()
}

type proxyConn struct {
	net.Conn
	proxy *proxy
	in    *bufio.Reader
	ready []byte // read, and not given to the client yet
	late  []byte // held; startWithUsers by wire.mu
}

func (c *proxyConn) Read(p []byte) (int, error) {
	for len(c.ready) == 0 {
		frame, subject, payload, err := readFrame(c.in)
		if err != nil {
			return 0, err
		}
		c.proxy.mu.Lock()
		lose := c.proxy.lose
		if c.proxy.change != nil {
			frame = c.proxy.change(frame)
		}
		c.proxy.mu.Unlock()
		if subject == "" || lose == nil || !lose(subject, payload) {
			c.ready = frame
		}
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// readFrame reads one frame of the server: a message with its subject and
// payload, or a line without.
func readFrame(in *bufio.Reader) (frame []byte, subject string, payload []byte, err error) {
	frame, err = in.ReadBytes('\n')
	if err != nil || !bytes.HasPrefix(frame, []byte("MSG ")) && !bytes.HasPrefix(frame, []byte("HMSG ")) {
		return frame, "", nil, err
	}
	fields := strings.Fields(string(frame))
	size, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil {
		return nil, "", nil, err
	}
	header := 0
	if fields[0] == "HMSG" {
		if header, err = strconv.Atoi(fields[len(fields)-2]); err != nil {
			return nil, "", nil, err
		}
	}
	line := len(frame)
	frame = append(frame, make([]byte, size+len("\r\n"))...)
	for at := line; at < len(frame); {
		n, err := in.Read(frame[at:])
		if err != nil {
			return nil, "", nil, err
		}
		at += n
	}
	return frame, fields[1], frame[line+header : line+size], nil
}

var errCut = errors.New("cut by the test")

func (c *proxyConn) Write(p []byte) (int, error) {
	c.proxy.mu.Lock()
	if c.proxy.held {
		defer c.proxy.mu.Unlock()
		c.late = append(c.late, p...)
		return len(p), nil
	}
	cut, twice := c.proxy.cut, c.proxy.twice
	c.proxy.mu.Unlock()
	if twice != nil && bytes.HasPrefix(p, []byte("HPUB ")) && bytes.HasSuffix(p, []byte("\r\n")) && twice(len(p)) {
		if n, err := c.Conn.Write(p); err != nil {
			return n, err
		}
	}
	if cut == nil {
		return c.Conn.Write(p)
	}
	pass := cut(len(p))
	if pass >= len(p) {
		return c.Conn.Write(p)
	}
	n, err := c.Conn.Write(p[:pass])
	if err == nil {
		err = errCut
	}
	_ = c.Conn.Close()
	return n, err
}

func (c *proxyConn) Close() error {
	c.proxy.mu.Lock()
	delete(c.proxy.conns, c)
	c.proxy.mu.Unlock()
	return c.Conn.Close()
}

// isAck reports whether a payload is the ack of a commit.
func isAck(_ string, payload []byte) bool { return bytes.HasPrefix(payload, []byte(`{"stream":`)) }

// isOutcome reports whether a message is the answer to a commit.
func isOutcome(subject string, payload []byte) bool {
	return isAck(subject, payload) || bytes.HasPrefix(payload, []byte(`{"error":`))
}
