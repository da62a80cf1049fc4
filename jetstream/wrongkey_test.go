package jetstream_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// encrypted is a server on dir with a key for encryption at rest; empty for
// none.
func encrypted(dir, key string) embedded.Config {
	return embedded.Config{Dir: dir, Options: func(o *server.Options) { o.JetStreamKey = key }}
}

// onServer calls do with a client of a server, which is closed afterwards.
func onServer(t *testing.T, srv nats.InProcessConnProvider, do func(nc *nats.Conn)) {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	do(nc)
}

// onEmbedded is onServer with an embedded server that is closed afterwards.
func onEmbedded(t *testing.T, cfg embedded.Config, do func(nc *nats.Conn)) {
	t.Helper()
	srv, err := embedded.Start(cfg)
	require.NoError(t, err)
	onServer(t, srv, do)
	require.NoError(t, srv.Close())
}

// onPlain is onServer with a nats-server as it is, without what package embedded
// looks at before it runs one.
func onPlain(t *testing.T, dir, key string, do func(nc *nats.Conn)) {
	t.Helper()
	srv, err := server.NewServer(&server.Options{
		JetStream: true, StoreDir: dir, JetStreamKey: key, DontListen: true, NoLog: true, NoSigs: true, SyncAlways: true,
	})
	require.NoError(t, err)
	srv.Start()
	onServer(t, srv, do)
	srv.Shutdown()
	srv.WaitForShutdown()
}

// commitNotes opens a store, which may be new, and commits n events.
func commitNotes(t *testing.T, nc *nats.Conn, n int) {
	t.Helper()
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{})
	require.NoError(t, err)
	for range n {
		_, err = core.CommitEvents(t.Context(), s, account("a"), notes("kept", 1), core.NoMetadata{})
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
}

// requireNotes opens a store that must exist and loads its n events.
func requireNotes(t *testing.T, nc *nats.Conn, n int) {
	t.Helper()
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{MustExist: true})
	require.NoError(t, err)
	require.Len(t, load(t, s, core.Filter[string, uint64]{}), n)
	require.NoError(t, s.Close())
}

// openNew opens the store as a program does that does not know whether it
// exists.
func openNew(t *testing.T, nc *nats.Conn) error {
	t.Helper()
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{})
	if err == nil {
		require.NoError(t, s.Close())
	}
	return err
}

func TestAWrongKeyLosesNoEvents(t *testing.T) {
	for name, keys := range map[string]struct {
		first, right string
		wrong        []string
	}{
		"wrong, missing and changed keys": {"right", "right", []string{"wrong", "", "right "}},
		"a key that was added later":      {"", "added", []string{"", "wrong"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			onEmbedded(t, encrypted(dir, keys.first), func(nc *nats.Conn) { commitNotes(t, nc, 50) })
			onEmbedded(t, encrypted(dir, keys.right), func(nc *nats.Conn) { requireNotes(t, nc, 50) })
			for _, key := range keys.wrong {
				srv, err := embedded.Start(encrypted(dir, key))
				if err == nil { // lose them as a program would
					onServer(t, srv, func(nc *nats.Conn) { _ = openNew(t, nc) })
					require.NoError(t, srv.Close())
				}
				t.Logf("key %q in place of %q: Start says: %v", key, keys.right, err)
				want := embedded.ErrWrongKey
				if key == "" {
					want = embedded.ErrNoKey
				}
				require.ErrorIs(t, err, want)
				require.ErrorContains(t, err, "EVENTS of account $G")
				onEmbedded(t, encrypted(dir, keys.right), func(nc *nats.Conn) { requireNotes(t, nc, 50) })
			}
		})
	}
}

// The control: a nats-server as it is loses them all.
func TestAServerThatStartsWithAWrongKeyLosesTheEventsThatOpenCreatesOver(t *testing.T) {
	for _, wrong := range []string{"wrong", ""} {
		dir := t.TempDir()
		onPlain(t, dir, "right", func(nc *nats.Conn) { commitNotes(t, nc, 50) })
		onPlain(t, dir, wrong, func(nc *nats.Conn) { require.Error(t, openNew(t, nc)) })
		onPlain(t, dir, "right", func(nc *nats.Conn) {
			js := jetStream(t, nc)
			_, err := js.Stream(t.Context(), "EVENTS")
			require.ErrorIs(t, err, natsjs.ErrStreamNotFound)
		})
	}
}

func TestAStoreThatMustExistIsNeverCreated(t *testing.T) {
	t.Run("over events that the server cannot read", func(t *testing.T) {
		dir := t.TempDir()
		onPlain(t, dir, "right", func(nc *nats.Conn) { commitNotes(t, nc, 50) })
		for _, wrong := range []string{"wrong", ""} {
			onPlain(t, dir, wrong, func(nc *nats.Conn) {
				_, err := open(t, nc, jetstream.Config{MustExist: true})
				require.ErrorIs(t, err, jetstream.ErrNoStore)
				require.ErrorContains(t, err, "EVENTS")
			})
		}
		onPlain(t, dir, "right", func(nc *nats.Conn) { requireNotes(t, nc, 50) })
	})
	for _, replicas := range []int{1, 3} {
		cfg := fresh(replicas)
		nc := connect(t, replicas)
		must := cfg
		must.MustExist = true
		_, err := open(t, nc, must)
		require.ErrorIs(t, err, jetstream.ErrNoStore)
		require.ErrorContains(t, err, cfg.Stream)
		js := jetStream(t, nc)
		_, err = js.Stream(t.Context(), cfg.Stream)
		require.ErrorIs(t, err, natsjs.ErrStreamNotFound)

		created, err := open(t, nc, cfg)
		require.NoError(t, err)
		opened, err := open(t, nc, must)
		require.NoError(t, err)
		require.Equal(t, created.StoreID(), opened.StoreID())
	}
}
