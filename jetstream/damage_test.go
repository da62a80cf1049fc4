package jetstream_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// A message by another program is passed over once it is struck out, by loops that
// began before as well.
func TestStruckOutMessageIsPassedOver(t *testing.T) {
	for name, stray := range map[string]struct{ subject, data, commit string }{
		"a message of another program": {".x.account.a", "hello", ""},
		"an event of no codec":         {".noted.account.a", "}", "F 0 0/1 1 2"},
		"an id that no text has":       {".noted.account.=zz", "{}", ""},
		"a commit header of nothing":   {".noted.account.a", "{}", "F"},
		"an entry that names nothing":  {"._void.account.a", "hello", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, cfg, nc := shared(t, nil)
			_, err := core.CommitEvents(t.Context(), s, account("a"), notes("before", 2), core.NoMetadata{})
			require.NoError(t, err)
			var header nats.Header
			if stray.commit != "" {
				header = nats.Header{"Content-Type": {"none"}, "Es-Commit": {stray.commit}}
			}
			publish(t, nc, cfg.Prefix+stray.subject, stray.data, header)

			require.NoError(t, s.Strike(t.Context(), 3, "sent by hand"))
			require.NoError(t, s.Strike(t.Context(), 3, "again"), "it is struck out once")
			gaps, err := s.Gaps(t.Context())
			if stray.subject == "._void.account.a" {
				require.ErrorAs(t, err, new(*jetstream.MessageError))
			} else {
				require.NoError(t, err)
				require.Len(t, gaps, 1)
				require.Equal(t, "sent by hand", gaps[0].Reason)
				require.Equal(t, uint64(3), gaps[0].From)
				require.NotZero(t, gaps[0].Time)
			}
			at, err := s.Version(t.Context(), account("a"))
			require.NoError(t, err)
			require.Equal(t, core.At(uint64(2)), at)
			f := follow(s, core.Filter[string, uint64]{})
			_, err = core.CommitEventsOptimistic(t.Context(), s, account("a"), at, notes("after", 2), core.NoMetadata{})
			require.NoError(t, err, "the aggregate goes on from its last event")
			require.Len(t, load(t, s, of(account("a"))), 4)
			all := load(t, s, core.Filter[string, uint64]{})
			require.Len(t, all, 4)
			f.saw(t, all)
		})
	}
}

func TestLiveLoopPassesOverWhatIsStruckOutMeanwhile(t *testing.T) {
	s, cfg, nc := shared(t, nil)
	_, err := core.CommitEvents(t.Context(), s, account("a"), notes("before", 1), core.NoMetadata{})
	require.NoError(t, err)
	slow := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		n := 0
		for _, err := range s.Subscribe(t.Context(), core.Filter[string, uint64]{}) {
			if err != nil {
				done <- err
				return
			}
			if n++; n == 1 {
				<-slow
			}
			if n == 2 {
				break
			}
		}
		done <- nil
	}()
	publish(t, nc, cfg.Prefix+".x.account.b", "hello", nil)
	require.NoError(t, s.Strike(t.Context(), 2, "sent by hand"))
	_, err = core.CommitEvents(t.Context(), s, account("c"), notes("after", 1), core.NoMetadata{})
	require.NoError(t, err)
	close(slow)
	require.NoError(t, <-done)
}

func TestPositionWithoutAMessageCannotBeStruckOut(t *testing.T) {
	s, _, _ := shared(t, nil)
	require.ErrorAs(t, s.Strike(t.Context(), 7, "nothing"), new(*jetstream.ReadError))
}

func TestDeletedMessageIsAHole(t *testing.T) {
	nc, cfg := connect(t, 1), fresh(1)
	sc := good(cfg)
	sc.DenyDelete = false
	create(t, nc, sc)
	for i, id := range []string{"a", "b", "a", "c"} {
		forge(t, nc, cfg, id, fmt.Sprintf("F%d 0 0/1 1 %d", i, i/2))
	}
	stream := streamOf(t, nc, cfg.Stream)
	require.NoError(t, stream.DeleteMsg(t.Context(), 2))
	update(t, nc, cfg.Stream, func(c *natsjs.StreamConfig) { c.DenyDelete = true })

	_, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
	hole, ok := errors.AsType[*jetstream.HoleError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, jetstream.HoleError{Stream: cfg.Stream, Count: 1, Positions: []uint64{2}}, *hole)

	cfg.LostPositions = []uint64{2}
	s := openWith[string, core.NoMetadata](t, cfg)
	require.Len(t, load(t, s, core.Filter[string, uint64]{}), 3)
	require.Len(t, load(t, s, of(account("a"))), 2)
	f := follow(s, core.Filter[string, uint64]{})
	f.saw(t, load(t, s, core.Filter[string, uint64]{}))
}

// A server leaves out a message that it cannot read, without a word, and counts it.
func TestUnreadableMessageIsAHole(t *testing.T) {
	dir := t.TempDir()
	cfg := jetstream.Config{Logger: slog.New(slog.DiscardHandler)}
	on(t, dir, cfg, func(s *plainStore, _ *nats.Conn, _ uint64) {
		for i := range 100 {
			_, err := core.CommitEvents(t.Context(), s, account(fmt.Sprint(i%10)), []core.Event{opened{fmt.Sprintf("owner-%02d", i)}}, core.NoMetadata{})
			require.NoError(t, err)
		}
	})
	block := blocks(t, dir)[0]
	data, err := os.ReadFile(block)
	require.NoError(t, err)
	at := bytes.Index(data, []byte("owner-44"))
	require.Positive(t, at)
	data[at] ^= 1
	require.NoError(t, os.WriteFile(block, data, 0o600))
	require.NoError(t, os.Remove(filepath.Join(dir, "witness.json"))) // by which the embedded server would see it
	on(t, dir, cfg, func(s *plainStore, _ *nats.Conn, last uint64) {
		require.Equal(t, uint64(100), last)
		_, err = failure(t, s, core.Filter[string, uint64]{})
		hole, ok := errors.AsType[*jetstream.HoleError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, jetstream.HoleError{Stream: "EVENTS", Count: 1, Positions: []uint64{45}}, *hole)
		_, err = failure(t, s, core.Filter[string, uint64]{EventKind: "account.opened"})
		require.ErrorAs(t, err, new(*jetstream.HoleError), "of one kind")
		require.Len(t, load(t, s, of(account("3"))), 10)
		_, err = failure(t, s, of(account("4")))
		require.ErrorAs(t, err, new(*jetstream.ChainError), "it has lost an event")
	})
}
