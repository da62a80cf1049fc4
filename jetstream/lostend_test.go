package jetstream_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// The log comes back without its end, and has grown past the old one before the
// program's connection is back: positions alone do not tell.
func TestLogThatLostItsEndEndsTheStore(t *testing.T) {
	dir, synced := filepath.Join(t.TempDir(), "d"), filepath.Join(t.TempDir(), "synced")
	srv := &restarted{}
	srv.start(t, dir)
	defer func() { srv.close(t) }()
	cfg := jetstream.Config{Logger: slog.New(slog.DiscardHandler)}
	open := func() *plainStore {
		nc, err := nats.Connect("", nats.InProcessServer(srv), nats.MaxReconnects(-1))
		require.NoError(t, err)
		t.Cleanup(nc.Close)
		s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	commit := func(s *plainStore, n int) {
		for range n {
			_, err := core.CommitEvents(t.Context(), s, account("a"), notes("paid", 1), core.NoMetadata{})
			require.NoError(t, err)
		}
	}
	writer := open()
	commit(writer, 10)
	srv.close(t)
	require.NoError(t, os.CopyFS(synced, os.DirFS(dir)))
	srv.start(t, dir)
	commit(writer, 10)
	reader, loader := open(), open()
	f := follow(reader, core.Filter[string, uint64]{})
	eventually(t, func() bool { return f.at() == 20 }, "the subscription comes to the end")
	require.Len(t, load(t, loader, of(account("a"))), 20)

	srv.close(t)
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.CopyFS(dir, os.DirFS(synced)))
	srv.start(t, dir)
	another := open()
	commit(another, 30)

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
	commit(another, 1)
	require.Len(t, load(t, open(), of(account("a"))), 41)
}
