package jetstream_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// losingEnd is a server whose log comes back without its end.
type losingEnd struct {
	*testing.T
	srv         *restarted
	dir, synced string // of the server, and what a loss leaves of it
}

// newLosingEnd has 20 events in the log. The first ten are what a loss leaves.
func newLosingEnd(t *testing.T) (l *losingEnd, writer *plainStore) {
	l = &losingEnd{T: t, srv: &restarted{}, dir: filepath.Join(t.TempDir(), "d"), synced: filepath.Join(t.TempDir(), "synced")}
	l.srv.start(t, l.dir)
	t.Cleanup(func() { l.srv.close(t) })
	writer = l.open()
	l.commit(writer, 10)
	l.srv.close(t)
	require.NoError(t, os.CopyFS(l.synced, os.DirFS(l.dir)))
	l.srv.start(t, l.dir)
	l.commit(writer, 10)
	return l, writer
}

func (l *losingEnd) open() *plainStore {
	l.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(l.srv), nats.MaxReconnects(-1))
	require.NoError(l, err)
	l.Cleanup(nc.Close)
	return l.openOn(nc)
}

func (l *losingEnd) openOn(nc *nats.Conn) *plainStore {
	l.Helper()
	s, err := jetstream.Open[string, core.NoMetadata](l.Context(), nc, jetstream.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(l, err)
	l.Cleanup(func() { require.NoError(l, s.Close()) })
	return s
}

func (l *losingEnd) commit(s *plainStore, n int) {
	l.Helper()
	for range n {
		_, err := core.CommitEvents(l.Context(), s, account("a"), notes("paid", 1), core.NoMetadata{})
		require.NoError(l, err)
	}
}

// lose has the log lose its end, and grow by so many events at once.
func (l *losingEnd) lose(grow int) *plainStore {
	l.Helper()
	l.srv.close(l)
	require.NoError(l, os.RemoveAll(l.dir))
	require.NoError(l, os.CopyFS(l.dir, os.DirFS(l.synced)))
	l.srv.start(l, l.dir)
	another := l.open()
	l.commit(another, grow)
	return another
}

// The log comes back without its end, and has grown past the old one before the
// program's connection is back: positions alone do not tell.
func TestLogThatLostItsEndEndsTheStore(t *testing.T) {
	l, writer := newLosingEnd(t)
	reader, loader := l.open(), l.open()
	f := follow(reader, core.Filter[string, uint64]{})
	eventually(t, func() bool { return f.at() == 20 }, "the subscription comes to the end")
	require.Len(t, load(t, loader, of(account("a"))), 20)
	another := l.lose(30)

	f.done.Wait()
	require.ErrorAs(t, f.err, new(*jetstream.LostEndError))
	for _, s := range []*plainStore{writer, reader, loader} {
		_, err := core.CommitEvents(t.Context(), s, account("b"), notes("late", 1), core.NoMetadata{})
		require.ErrorAs(t, err, new(*jetstream.LostEndError))
		_, err = s.Version(t.Context(), account("a"))
		require.ErrorAs(t, err, new(*jetstream.LostEndError))
		_, err = failure(t, s, of(account("a")))
		require.ErrorAs(t, err, new(*jetstream.LostEndError))
	}
	l.commit(another, 1)
	require.Len(t, load(t, l.open(), of(account("a"))), 41)
}

// The same between the last event of history and the first live one.
func TestLogThatLostItsEndBeforeALoopIsLiveEndsTheLoop(t *testing.T) {
	l, _ := newLosingEnd(t)
	w := &proxy{server: l.srv, conns: make(map[*proxyConn]bool)}
	reader := l.openOn(w.connect(t))
	ended := make(chan error, 1)
	go func() {
		for e, err := range reader.Subscribe(t.Context(), core.Filter[string, uint64]{}) {
			if err != nil || e.Position > 20 {
				ended <- err
				return
			}
			if e.Position == 20 {
				w.hold()
			}
		}
	}()
	eventually(t, func() bool { return w.holds("MSG.GET") > 0 }, "the loop looks at the log before it is live")
	var looks atomic.Int64 // at what is at 20 now, whoever does; none has an answer before the consumer is there
	w.loses(func(_ string, payload []byte) bool {
		there := bytes.Contains(payload, []byte(`"seq":20,`))
		if there {
			looks.Add(1)
		}
		return there
	})
	l.lose(30)
	w.release()
	eventually(t, func() bool { return looks.Load() > 2 || len(ended) > 0 }, "the log is looked at")
	w.loses(nil)
	require.ErrorAs(t, <-ended, new(*jetstream.LostEndError), "and not an event of another log")
}
