package embedded_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// noted is an event of the stores in these tests.
type noted struct{ Text string }

func (noted) EventKind() string { return "noted" }

type store = jetstream.Store[string, core.NoMetadata]

// onStore calls do with the store of a server that is closed afterwards.
func onStore(t *testing.T, cfg embedded.Config, do func(s *store, nc *nats.Conn)) {
	t.Helper()
	srv, err := embedded.Start(cfg)
	require.NoError(t, err, "start server")
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{Timeout: 5 * time.Minute})
	require.NoError(t, err)
	do(s, nc)
	require.NoError(t, s.Close())
	nc.Close()
	require.NoError(t, srv.Close())
}

// commitNotes commits n events, each by itself.
func commitNotes(t *testing.T, s *store, n int) {
	t.Helper()
	for i := range n {
		_, err := core.CommitEvents(t.Context(), s, core.Key[string]{Kind: "account", ID: "a"},
			[]core.Event{noted{fmt.Sprint("text ", i)}}, core.NoMetadata{})
		require.NoError(t, err)
	}
}

// noteStore is a closed directory with a store of n events.
func noteStore(t *testing.T, n int) embedded.Config {
	t.Helper()
	cfg := embedded.Config{Dir: t.TempDir()}
	onStore(t, cfg, func(s *store, _ *nats.Conn) { commitNotes(t, s, n) })
	return cfg
}

// contents are the events of a store, each with its position, and the state of its
// stream after they were read.
type contents struct {
	events []string
	state  natsjs.StreamState
}

// eventsIn starts a server and reads all events of its store, which must be there.
// The error is that of the start or of the store.
func eventsIn(t *testing.T, cfg embedded.Config) (c contents, err error) {
	t.Helper()
	srv, err := embedded.Start(cfg)
	if err != nil {
		return c, err
	}
	defer func() { require.NoError(t, srv.Close()) }()
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{MustExist: true})
	if err != nil {
		return c, err
	}
	defer func() { require.NoError(t, s.Close()) }()
	for e, err := range s.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		if err != nil {
			return c, err
		}
		var n noted
		if err := s.DecodeEvent(e, &n); err != nil {
			return c, err
		}
		c.events = append(c.events, fmt.Sprintf("%d %s", e.Position, n.Text))
	}
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	stream, err := js.Stream(t.Context(), "EVENTS")
	require.NoError(t, err)
	c.state = stream.CachedInfo().State
	return c, nil
}

// requireLost starts a server, which must fail with a LostEndError for EVENTS.
func requireLost(t *testing.T, cfg embedded.Config, reason error) embedded.LostEnd {
	t.Helper()
	srv, err := embedded.Start(cfg)
	if err == nil {
		require.NoError(t, srv.Close())
	}
	require.ErrorIs(t, err, reason)
	lost, ok := errors.AsType[*embedded.LostEndError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, cfg.Dir, lost.Dir)
	require.Len(t, lost.Stores, 1)
	require.Equal(t, "EVENTS", lost.Stores[0].Stream)
	require.Equal(t, "$G", lost.Stores[0].Account)
	require.ErrorContains(t, err, "EVENTS of account $G")
	require.ErrorContains(t, err, "Config.AcceptLoss")
	return lost.Stores[0]
}

// copyDir copies a directory to a new one.
func copyDir(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

func inStream(dir string, elem ...string) string {
	return filepath.Join(append([]string{dir, events}, elem...)...)
}
