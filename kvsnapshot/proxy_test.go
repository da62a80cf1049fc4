package kvsnapshot_test

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// proxy is between a client and the single server. It passes nothing, or each answer
// after a delay.
type proxy struct {
	away  atomic.Bool
	delay atomic.Int64 // ns
}

func (p *proxy) connect(t testing.TB) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(p), nats.MaxReconnects(-1))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

func (p *proxy) InProcessConn() (net.Conn, error) {
	server, err := single.InProcessConn()
	if err != nil {
		return nil, err
	}
	client, inner := net.Pipe()
	go p.pass(inner, server)
	go p.pass(server, inner)
	return client, nil
}

// chunk is what was read, and when it is to be passed.
type chunk struct {
	data []byte
	at   time.Time
}

func (p *proxy) pass(to, from net.Conn) {
	chunks := make(chan chunk, 10_000)
	go func() {
		defer to.Close()
		for c := range chunks {
			time.Sleep(time.Until(c.at))
			if p.away.Load() {
				continue
			}
			if _, err := to.Write(c.data); err != nil {
				break
			}
		}
		for range chunks { // until the other end is closed
		}
	}()
	defer close(chunks)
	for {
		data := make([]byte, 32<<10)
		n, err := from.Read(data)
		if err != nil {
			return
		}
		chunks <- chunk{data[:n], time.Now().Add(time.Duration(p.delay.Load()) / 2)}
	}
}
