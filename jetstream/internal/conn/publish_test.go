package conn_test

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Answers to a commit, as the streams of two domains give them.
const (
	ownAck     = `{"stream":"S","domain":"hub","seq":7}`
	otherAck   = `{"stream":"S","domain":"edge","seq":3}`
	ownDenial  = `{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 9"},"stream":"S","seq":0}`
	otherError = `{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"},"stream":"OTHER","seq":0}`
	tooSoon    = `{"error":{"code":400,"err_code":10164,"description":"in flight"},"stream":"S","seq":0}`
)

// answering is a Conn to a server without JetStream, where a test answers commits.
type answering struct {
	*conn.Conn

	answerer *nats.Conn
	mu       sync.Mutex // guards others
	others   []wire.OtherAckError
}

// answer connects to a server that answers a publish with acks, in order, and the first
// message of a batch with causes.
func answer(t *testing.T, acks, causes []string) *answering {
	t.Helper()
	srv, err := server.NewServer(&server.Options{DontListen: true, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	client := func() *nats.Conn {
		nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
		require.NoError(t, err)
		t.Cleanup(nc.Close)
		return nc
	}
	a := &answering{answerer: client()}
	_, err = a.answerer.Subscribe("events.>", func(m *nats.Msg) {
		answers := acks
		if m.Header.Get(wire.HeaderBatchSequence) == "1" {
			answers = causes
		}
		for _, data := range answers {
			_ = a.answerer.Publish(m.Reply, []byte(data))
		}
	})
	require.NoError(t, err)
	require.NoError(t, a.answerer.Flush())
	a.Conn, err = conn.New(client(), nil, conn.Config{
		Stream: "S", AckWait: time.Second, Timeout: time.Minute, Logger: slog.New(slog.DiscardHandler),
		OtherAck: func(other *wire.OtherAckError) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.others = append(a.others, *other)
		},
	})
	require.NoError(t, err)
	a.SetDomain("hub")
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

func (a *answering) reported() []wire.OtherAckError {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.others
}

func message() *nats.Msg {
	return &nats.Msg{Subject: "events.k.a.1", Header: nats.Header{}, Data: []byte("{}")}
}

// The answer of the own domain decides, whatever comes before it, and each ack of
// another one is reported, whenever it comes.
func TestCommitWaitsForTheAckOfItsDomain(t *testing.T) {
	acked := wire.Outcome{Result: wire.Acked, Seq: 7}
	conflict := wire.Outcome{Result: wire.Conflict, Actual: 9, Known: true}
	for name, tt := range map[string]struct {
		answers []string
		want    wire.Outcome
		others  int
	}{
		"own alone":             {[]string{ownAck}, acked, 0},
		"another first":         {[]string{otherAck, ownAck}, acked, 1},
		"another later":         {[]string{ownAck, otherAck}, acked, 1},
		"two others first":      {[]string{otherAck, otherAck, ownAck}, acked, 2},
		"another alone":         {[]string{otherAck}, wire.Outcome{Result: wire.Ambiguous}, 1},
		"denied, after another": {[]string{otherAck, ownDenial}, conflict, 1},
		"an error of another":   {[]string{otherError, ownAck}, acked, 0},
		"in flight":             {[]string{tooSoon, ownAck}, wire.Outcome{Result: wire.Denied, InFlight: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := answer(t, tt.answers, nil)
			require.Equal(t, tt.want, a.Publish(t.Context(), message()))
			require.Eventually(t, func() bool { return len(a.reported()) == tt.others }, 2*time.Minute, time.Millisecond)
			for _, other := range a.reported() {
				require.Equal(t, wire.OtherAckError{Domain: "edge", Stream: "S"}, other)
			}
		})
	}
}

// The first message of a batch is answered too, where its stream does not begin it.
func TestReasonOfABatchIsOfItsStream(t *testing.T) {
	const incomplete = `{"error":{"code":400,"err_code":10176,"description":"batch is incomplete"},"stream":"S","seq":0}`
	const full = `{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"},"stream":"S","seq":0}`
	for name, tt := range map[string]struct {
		causes []string
		want   wire.Result
	}{
		"of another stream":       {[]string{otherError}, wire.Denied},
		"of both":                 {[]string{otherError, full}, wire.Rejected},
		"of another, own is fine": {[]string{otherError, ""}, wire.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			a := answer(t, []string{incomplete}, tt.causes)
			require.Equal(t, tt.want, a.PublishBatch(t.Context(), "id", []*nats.Msg{message(), message()}).Result)
		})
	}
}

// Without names of domains an error is the stream's own until another stream has acked.
func TestDenialsAreSuspectOnceAnotherDomainIsKnown(t *testing.T) {
	a := answer(t, []string{`{"stream":"S","seq":7}`, otherAck}, nil)
	require.True(t, a.SuspectDenials(), "the domain has a name")
	c, err := conn.New(a.answerer, nil, conn.Config{Stream: "S", AckWait: time.Second, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	require.True(t, c.Attributed())
	require.Equal(t, uint64(7), c.Publish(t.Context(), message()).Seq)
	require.Eventually(t, func() bool { return c.SuspectDenials() && !c.Attributed() }, 2*time.Minute, time.Millisecond)
}
