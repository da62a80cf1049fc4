package writer

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// log is a stream of a real server that a test writes by hand.
type log struct {
	t  *testing.T
	js natsjs.JetStream
	w  *Writer
}

func newLog(t *testing.T) *log {
	t.Helper()
	srv, err := embedded.Start(embedded.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	_, err = js.CreateStream(t.Context(), natsjs.StreamConfig{Name: "LOG", Subjects: []string{"events.>"}, Storage: natsjs.MemoryStorage})
	require.NoError(t, err)
	c, err := conn.New(nc, js, conn.Config{Stream: "LOG", APIPrefix: "$JS.API.", AckWait: 30 * time.Second, Timeout: time.Minute, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	w := New(c, GroupCommitNever, func(context.Context) error { return nil })
	t.Cleanup(func() {
		require.NoError(t, c.Close())
		w.Close()
		nc.Close()
		require.NoError(t, srv.Close())
	})
	return &log{t, js, w}
}

// write writes the first keep messages of a commit of total, and returns the position
// of the last.
func (l *log) write(id string, keep, total int) uint64 {
	l.t.Helper()
	var seq uint64
	for i := range keep {
		h := wire.CommitHeader{CommitInfo: core.CommitInfo{ID: id, Index: i, Count: total}, Total: total}
		ack, err := l.js.PublishMsg(l.t.Context(), &nats.Msg{
			Subject: "events.noted.note." + id, Header: nats.Header{wire.HeaderCommit: {h.String()}}, Data: []byte("{}"),
		})
		require.NoError(l.t, err)
		seq = ack.Sequence
	}
	return seq
}

func (l *log) writeWhole(count int) {
	l.t.Helper()
	for i := range count {
		l.write(fmt.Sprintf("whole-%d", i), 1+i%2, 1+i%2)
	}
}

func TestTornCommitBehindOthersIsFound(t *testing.T) {
	for _, before := range []int{1, 30, 31, 32, 33, 64, 200} { // about the ends of a chunk
		t.Run(fmt.Sprint(before), func(t *testing.T) {
			l := newLog(t)
			l.writeWhole(1)
			l.w.isWhole(1)
			l.writeWhole(before)
			at := l.write("torn", 2, 3)
			l.writeWhole(40)
			found, err := l.w.findTear(t.Context())
			require.NoError(t, err)
			require.NotNil(t, found, "nothing was found")
			require.Equal(t, map[string][]wire.Gap{"events.*.note.torn": {{From: at - 1, To: at, Commit: "torn"}}}, found.parts)
			require.Less(t, l.w.whole.Load(), at, "what is torn is not whole")
		})
	}
}

// A position without a message proves nothing: the leader may not have come so far.
func TestHoleIsNoTear(t *testing.T) {
	l := newLog(t)
	l.write("first", 1, 1)
	l.w.isWhole(1)
	at := l.write("cut", 3, 3)
	l.writeWhole(10)
	stream, err := l.js.Stream(t.Context(), "LOG")
	require.NoError(t, err)
	require.NoError(t, stream.DeleteMsg(t.Context(), at))
	found, err := l.w.findTear(t.Context())
	require.NoError(t, err)
	require.Nil(t, found)
	require.Equal(t, uint64(1), l.w.whole.Load())

	own := &commit{id: "cut", size: 3, parts: []*AggregateCommit{{Filter: "events.*.note.cut", Msgs: make([]*nats.Msg, 3)}}}
	found, err = l.w.ownTear(t.Context(), own, at-2)
	require.ErrorIs(t, err, conn.ErrLagging)
	require.Nil(t, found)
}

// Others may write faster than one call of a busy cluster can look: each call goes on
// where the last one ran out of time.
func TestLookKeepsItsProgress(t *testing.T) {
	l := newLog(t)
	l.writeWhole(1)
	l.w.isWhole(1)
	l.writeWhole(400) // 600 messages
	calls := 0
	for ; calls < 600; calls++ {
		ctx, cancel := context.WithCancel(t.Context())
		go l.cancelAfter(ctx, cancel, l.w.conn.Requests()+100)
		found, err := l.w.findTear(ctx)
		cancel()
		require.Nil(t, found)
		if err == nil {
			break
		}
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Equal(t, uint64(601), l.w.whole.Load())
	require.Positive(t, calls, "one call was enough, so nothing was shown")
}

// cancelAfter ends a context when so many requests have been sent.
func (l *log) cancelAfter(ctx context.Context, cancel context.CancelFunc, requests uint64) {
	for ctx.Err() == nil {
		if l.w.conn.Requests() >= requests {
			cancel()
		}
		time.Sleep(10 * time.Microsecond)
	}
}
