package reader

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/jstest"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// ackWait is how long these tests wait for an answer: some get none.
const ackWait = 100 * time.Millisecond

// answerPage answers a read by subject with n messages at most.
func answerPage(log []uint64, req wire.GetRequest, n int, reply func(*nats.Msg)) {
	last, sent, pending := uint64(0), 0, 0
	for _, seq := range log {
		switch {
		case seq < req.Seq:
		case sent < n:
			m := jstest.Message(seq, last)
			m.Header[wire.HeaderCommit] = []string{wire.CommitHeader{}.String()}
			reply(m)
			last = seq
			sent++
		default:
			pending++
		}
	}
	if sent == 0 {
		reply(jstest.Status(404, "Message Not Found"))
		return
	}
	reply(jstest.End(last, pending))
}

// readEach passes each message of a subject to yield. Its last message is known to
// be at last.
func readEach(ctx context.Context, c *conn.Conn, last uint64, yield func(seq uint64)) error {
	p := &pages{cursors: []*cursor{{conn: c, subject: jstest.Subject, next: 1, last: last}}}
	defer p.close()
	if err := p.open(ctx); err != nil {
		return err
	}
	for {
		m, err := p.next(ctx)
		if m == nil || err != nil {
			return err
		}
		yield(m.Seq)
	}
}

// readAll returns the sequences of the messages of a subject.
func readAll(ctx context.Context, c *conn.Conn, last uint64) (got []uint64, err error) {
	err = readEach(ctx, c, last, func(seq uint64) { got = append(got, seq) })
	return got, err
}

func TestBrokenPageIsAskedForAgain(t *testing.T) {
	log := []uint64{2, 3, 5, 8, 13, 21, 34}
	for name, first := range map[string]func(reply func(*nats.Msg)){
		"nothing": func(func(*nats.Msg)) {},
		"no end":  func(reply func(*nats.Msg)) { reply(jstest.Message(2, 0)) },
		"a hole": func(reply func(*nats.Msg)) {
			reply(jstest.Message(2, 0))
			reply(jstest.Message(5, 3))
			reply(jstest.End(5, 0))
		},
		"not found":     func(reply func(*nats.Msg)) { reply(jstest.Status(404, "Message Not Found")) },
		"a server down": func(reply func(*nats.Msg)) { reply(jstest.Status(503, "")) },
		"an error":      func(reply func(*nats.Msg)) { reply(jstest.Status(500, "busy")) },
		"an empty page": func(reply func(*nats.Msg)) { reply(jstest.End(0, 0)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			c := jstest.Connect(t, ackWait, func(req wire.GetRequest, reply func(*nats.Msg)) {
				if asked.Add(1)%2 == 1 {
					first(reply)
					return
				}
				answerPage(log, req, 3, reply)
			})
			got, err := readAll(t.Context(), c, 34)
			require.NoError(t, err)
			require.Equal(t, log, got)
		})
	}
}

// A replica that lags ends its answer early; the messages are known to exist.
func TestLaggingReplicaIsAskedAgain(t *testing.T) {
	log := []uint64{2, 3, 5, 8, 13, 21, 34}
	var asked atomic.Int64
	c := jstest.Connect(t, ackWait, func(req wire.GetRequest, reply func(*nats.Msg)) {
		has := min(int(asked.Add(1)), len(log))
		answerPage(log[:has], req, 10, reply)
	})
	got, err := readAll(t.Context(), c, 34)
	require.NoError(t, err)
	require.Equal(t, log, got)
}

func TestPermanentlyBrokenAnswerIsAnError(t *testing.T) {
	for name, tc := range map[string]struct {
		reply func(reply func(*nats.Msg))
		want  error
	}{
		"nothing": {func(func(*nats.Msg)) {}, conn.ErrNoAnswer},
		"no end":  {func(reply func(*nats.Msg)) { reply(jstest.Message(2, 0)) }, conn.ErrNoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := jstest.Connect(t, ackWait, func(_ wire.GetRequest, reply func(*nats.Msg)) { tc.reply(reply) })
			got, err := readAll(t.Context(), c, 34)
			require.ErrorIs(t, err, tc.want)
			require.Empty(t, got)
		})
	}
	t.Run("too many", func(t *testing.T) {
		var asked atomic.Int64
		c := jstest.Connect(t, ackWait, func(_ wire.GetRequest, reply func(*nats.Msg)) {
			asked.Add(1)
			reply(jstest.Status(413, "Too Many Results"))
		})
		_, err := readAll(t.Context(), c, 34)
		read, ok := errors.AsType[*wire.ReadError](err)
		require.True(t, ok)
		require.Equal(t, 413, read.Status)
		require.Equal(t, int64(1), asked.Load(), "asking again does not help")
	})
	t.Run("the context ends", func(t *testing.T) {
		c := jstest.Connect(t, ackWait, func(wire.GetRequest, func(*nats.Msg)) {})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, err := readAll(ctx, c, 34)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// Pages are asked for one ahead, so what is held does not grow with the log.
func TestReadIsAtMostOnePageAhead(t *testing.T) {
	var log []uint64
	for seq := uint64(1); seq <= 200; seq++ {
		log = append(log, seq)
	}
	var highest atomic.Uint64
	c := jstest.Connect(t, ackWait, func(req wire.GetRequest, reply func(*nats.Msg)) {
		highest.Store(max(highest.Load(), req.Seq+9))
		answerPage(log, req, 10, reply)
	})
	err := readEach(t.Context(), c, 200, func(seq uint64) {
		require.LessOrEqual(t, highest.Load(), seq+20)
	})
	require.NoError(t, err)
}

// headsOf returns the last message of each kind of an aggregate.
func headsOf(t *testing.T, c *conn.Conn) (*wire.Page, error) {
	a := &aggregateRead{Reader: New(c, 1, nil), plan: ReadPlan{Filter: "e.*.a.1", From: 1}}
	return a.heads(t.Context())
}

func TestHeadsOverSeveralAnswersAreComplete(t *testing.T) {
	log := []uint64{2, 3, 5, 8, 13}
	multi := func(req wire.GetRequest, n int, reply func(*nats.Msg)) {
		last, sent, pending := uint64(0), 0, 0
		for _, seq := range log {
			switch {
			case seq < req.Seq:
			case sent < n:
				reply(jstest.Message(seq, last))
				last = seq
				sent++
			default:
				pending++
			}
		}
		reply(jstest.With(jstest.End(last, pending), wire.HeaderUpTo, "20"))
	}
	c := jstest.Connect(t, ackWait, func(req wire.GetRequest, reply func(*nats.Msg)) {
		if req.Seq > 1 && req.UpTo != 20 {
			reply(jstest.Status(500, "at another time"))
			return
		}
		multi(req, 2, reply)
	})
	b, err := headsOf(t, c)
	require.NoError(t, err)
	require.Len(t, b.Messages, 5)
	require.Zero(t, b.Pending)
	require.Equal(t, uint64(20), b.UpTo)

	// Another replica that has less must not make heads disappear.
	var asked atomic.Int64
	c = jstest.Connect(t, ackWait, func(req wire.GetRequest, reply func(*nats.Msg)) {
		if asked.Add(1) == 2 {
			reply(jstest.Status(404, "No Results"))
			return
		}
		multi(req, 2, reply)
	})
	b, err = headsOf(t, c)
	require.NoError(t, err)
	require.Len(t, b.Messages, 5)
}
