// Package jstest is what the tests of the store's internal packages share: a
// server whose answers to reads a test decides, and the messages of such answers.
package jstest

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Subject is that of every message that a test's server answers with.
const Subject = "e.k.a.1"

// Stream is the name of the stream that a test's server has.
const Stream = "S"

// Answer is how a test's server answers a request: with any number of messages.
type Answer func(req wire.GetRequest, reply func(*nats.Msg))

// Connect returns a connection to a server that answers DIRECT.GET as the test
// says, and no other request. AckWait is how long an answer is waited for.
func Connect(t testing.TB, ackWait time.Duration, answer Answer) *conn.Conn {
	t.Helper()
	srv, err := server.NewServer(&server.Options{DontListen: true, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	client := func() *nats.Conn {
		nc, err := nats.Connect("", nats.InProcessServer(srv))
		require.NoError(t, err)
		t.Cleanup(nc.Close)
		return nc
	}
	responder, nc := client(), client()
	_, err = responder.Subscribe("api.DIRECT.GET."+Stream, func(m *nats.Msg) {
		var req wire.GetRequest
		if json.Unmarshal(m.Data, &req) == nil {
			answer(req, func(a *nats.Msg) {
				a.Subject = m.Reply
				_ = responder.PublishMsg(a)
			})
		}
	})
	require.NoError(t, err)
	require.NoError(t, responder.Flush())
	c, err := conn.New(nc, nil, conn.Config{
		Stream: Stream, APIPrefix: "api.", AckWait: ackWait, Timeout: 5 * time.Second, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// Message is a message as a direct get answers with it: at seq, after the one at
// last in the same answer.
func Message(seq, last uint64) *nats.Msg {
	return &nats.Msg{Data: []byte("{}"), Header: nats.Header{
		wire.HeaderStream: {Stream}, wire.HeaderSubject: {Subject}, wire.HeaderTime: {"2025-01-01T00:00:00Z"},
		wire.HeaderSequence: {strconv.FormatUint(seq, 10)}, wire.HeaderLastSequence: {strconv.FormatUint(last, 10)}, wire.HeaderPending: {"0"},
	}}
}

// End is the marker that ends an answer.
func End(last uint64, pending int) *nats.Msg {
	return &nats.Msg{Header: nats.Header{
		wire.HeaderStatus: {"204"}, wire.HeaderDescription: {"EOB"},
		wire.HeaderPending: {strconv.Itoa(pending)}, wire.HeaderLastSequence: {strconv.FormatUint(last, 10)},
	}}
}

// Status is a status in place of an answer.
func Status(code int, description string) *nats.Msg {
	return &nats.Msg{Header: nats.Header{wire.HeaderStatus: {strconv.Itoa(code)}, wire.HeaderDescription: {description}}}
}

// With returns m with other headers: pairs of a name and a value.
func With(m *nats.Msg, pairs ...string) *nats.Msg {
	for i := 0; i < len(pairs); i += 2 {
		m.Header[pairs[i]] = []string{pairs[i+1]}
	}
	return m
}

// Without returns m without a header.
func Without(m *nats.Msg, header string) *nats.Msg {
	delete(m.Header, header)
	return m
}
