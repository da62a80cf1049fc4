package jetstream_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// padded is a store whose events can be made of any size.
func padded[M any](t testing.TB, nc *nats.Conn, cfg jetstream.Config) *jetstream.Store[string, M] {
	t.Helper()
	cfg.Codec = anything{codec.JSON}
	removeAfter(t, cfg)
	s, err := jetstream.Open[string, M](t.Context(), nc, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// tooLarge returns the error of an event that is over a limit.
func tooLarge(t testing.TB, err error) *jetstream.TooLargeError {
	t.Helper()
	large, ok := errors.AsType[*jetstream.TooLargeError](err)
	require.True(t, ok, "%v", err)
	require.Less(t, large.Limit, large.Size)
	return large
}

// untouched checks that nothing was sent, and that the connection is the same.
func untouched(t testing.TB, nc *nats.Conn, stream string, events int) {
	t.Helper()
	require.True(t, nc.IsConnected())
	require.Zero(t, nc.Stats().Reconnects)
	require.Equal(t, uint64(events), streamInfo(t, nc, stream).State.Msgs)
}

// An event at the limit that the store computes must pass the server's too, or
// the connection would be lost; alone, in a batch, and with all headers.
func TestEventAtTheSizeLimitIsAcceptedAndOneByteMoreIsNot(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		for _, maxMsgSize := range []int32{-1, 100_000} {
			nc := connect(t, replicas)
			cfg := fresh(replicas)
			sc := good(cfg)
			sc.MaxMsgSize = maxMsgSize
			create(t, nc, sc)
			s := padded[string](t, nc, cfg)
			commit := func(sizes ...int) error {
				var events []core.Event
				for _, n := range sizes {
					events = append(events, anyEvent{"sized", 0, strings.Repeat("x", n)})
				}
				_, err := s.Commit(t.Context(), core.Commit[string, uint64, string]{
					Key: account("a"), Unchecked: true, Events: events, Metadata: "meta", CommandID: "command",
				})
				return err
			}
			limit := int(nc.MaxPayload())
			if maxMsgSize > 0 {
				limit = int(maxMsgSize)
			}
			over := tooLarge(t, commit(limit))
			require.Equal(t, "message", over.What)
			require.Equal(t, limit, over.Limit)
			fits := limit - (over.Size - over.Limit)
			untouched(t, nc, cfg.Stream, 0)

			err := commit(0, fits+1, 0)
			require.Equal(t, limit+1, tooLarge(t, err).Size)
			fault, ok := errors.AsType[*core.EncodeError](err)
			require.True(t, ok)
			require.Equal(t, 1, fault.Index)
			untouched(t, nc, cfg.Stream, 0)

			require.NoError(t, commit(fits))
			require.NoError(t, commit(fits, 0, fits))
			untouched(t, nc, cfg.Stream, 4)
			require.Len(t, load(t, s, core.Filter[string, uint64]{}), 4)
			require.Greater(t, fits, limit-1000, "the store does not waste room")
		}
	}
}

func TestHeaderBlockHasItsOwnLimit(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		nc := connect(t, replicas)
		cfg := fresh(replicas)
		s := padded[string](t, nc, cfg)
		commit := func(n, events int) error {
			_, err := core.CommitEvents(t.Context(), s, account("a"), many(events), strings.Repeat("m", n))
			return err
		}
		over := tooLarge(t, commit(math.MaxUint16, 1))
		require.Equal(t, "header block", over.What)
		require.Equal(t, math.MaxUint16, over.Limit)
		fits := math.MaxUint16 - (over.Size - over.Limit)
		require.Equal(t, over.Limit+1, tooLarge(t, commit(fits+1, 2)).Size)
		untouched(t, nc, cfg.Stream, 0)
		require.NoError(t, commit(fits, 1))
		require.NoError(t, commit(fits, 3))
		for _, e := range load(t, s, of(account("a"))) {
			require.Len(t, e.Metadata, fits)
		}
		require.Greater(t, fits, math.MaxUint16-1000)
	}
}

func many(n int) []core.Event {
	events := make([]core.Event, n)
	for i := range events {
		events[i] = anyEvent{fmt.Sprintf("kind-%d", i%3), i, ""}
	}
	return events
}

func TestCommitHasAtMostAThousandEvents(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		nc := connect(t, replicas)
		cfg := fresh(replicas)
		s := padded[core.NoMetadata](t, nc, cfg)
		total := 0
		for _, n := range []int{999, 1000} {
			_, err := core.CommitEvents(t.Context(), s, account("a"), many(n), core.NoMetadata{})
			require.NoError(t, err)
			total += n
			_, err = s.Commit(t.Context(),
				plainCommit{Key: account("b"), Unchecked: true, Events: many(n - 400)},
				plainCommit{Key: account("c"), Unchecked: true, Events: many(399)},
				plainCommit{Key: account(fmt.Sprint("d", n)), Events: many(1)})
			require.NoError(t, err)
			total += n
		}
		_, err := core.CommitEvents(t.Context(), s, account("a"), many(1001), core.NoMetadata{})
		require.Equal(t, &jetstream.TooLargeError{What: "commit", Size: 1001, Limit: 1000}, tooLarge(t, err))
		_, err = s.Commit(t.Context(), plainCommit{Key: account("b"), Unchecked: true, Events: many(600)}, plainCommit{Key: account("e"), Events: many(401)})
		require.Equal(t, 1001, tooLarge(t, err).Size)
		untouched(t, nc, cfg.Stream, total)
		inOrder(t, load(t, s, of(account("a")))[999:], 0, 1000)
	}
}

func TestCommitTakesAThousandAggregates(t *testing.T) {
	s := padded[core.NoMetadata](t, connect(t, 1), fresh(1))
	commits := make([]plainCommit, 1000)
	for i := range commits {
		commits[i] = plainCommit{Key: account(fmt.Sprint(i)), Events: many(1)}
	}
	committed, err := s.Commit(t.Context(), commits...)
	require.NoError(t, err)
	require.Equal(t, uint64(1000), committed[999].Position)
	_, err = s.Commit(t.Context(), commits...)
	require.ErrorIs(t, err, core.ErrConflict)
}

// A batch that fits in part must not be written in part.
func TestFullStreamRefusesCommitsButNotReads(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		for _, size := range []int{1, 2, 7} {
			cfg := fresh(replicas)
			cfg.MaxBytes = 64 << 10
			s := padded[core.NoMetadata](t, connect(t, replicas), cfg)
			var events []core.Event
			for i := range size {
				events = append(events, anyEvent{"heavy", i, strings.Repeat("x", 2000)})
			}
			recorded := 0
			var err error
			for range 100 {
				if _, err = core.CommitEvents(t.Context(), s, account("a"), events, core.NoMetadata{}); err != nil {
					break
				}
				recorded += size
			}
			require.ErrorIs(t, err, jetstream.ErrStoreFull)
			refused, ok := errors.AsType[*jetstream.RejectedError](err)
			require.True(t, ok)
			require.NotZero(t, refused.Code)
			require.NotErrorIs(t, err, core.ErrUnknownOutcome)
			require.NotErrorIs(t, err, core.ErrConflict)

			require.Len(t, load(t, s, of(account("a"))), recorded, "%d events a commit, %d replicas", size, replicas)
			require.Len(t, load(t, s, core.Filter[string, uint64]{}), recorded)
			at, err := s.Version(t.Context(), account("a"))
			require.NoError(t, err)
			require.Equal(t, core.At(uint64(recorded)), at)
			_, err = s.Commit(t.Context(), plainCommit{Key: account("b"), Events: events}, plainCommit{Key: account("c"), Events: events})
			require.ErrorIs(t, err, jetstream.ErrStoreFull)
			require.Empty(t, load(t, s, of(account("b"))))
		}
	}
}

// mute is metadata that cannot be encoded.
type mute struct {
	C func() `json:"c"`
}

func (mute) MarshalJSON() ([]byte, error) { return nil, errors.New("says nothing") }
func (*mute) UnmarshalJSON([]byte) error  { return nil }

func TestUnencodableMetadataIsAnError(t *testing.T) {
	nc := connect(t, 1)
	cfg := fresh(1)
	s := padded[mute](t, nc, cfg)
	_, err := core.CommitEvents(t.Context(), s, account("a"), many(1), mute{})
	fault, ok := errors.AsType[*core.MetadataError](err)
	require.True(t, ok, "%v", err)
	require.ErrorContains(t, fault, "says nothing")
	_, err = s.Commit(t.Context(), core.Commit[string, uint64, mute]{Key: account("a"), Events: many(1)})
	at, ok := errors.AsType[*core.CommitError](err)
	require.True(t, ok, "%v", err)
	require.Zero(t, at.Index)
	untouched(t, nc, cfg.Stream, 0)
}

func TestCommandIDKeepsAnyBytes(t *testing.T) {
	nc := connect(t, 1)
	cfg := fresh(1)
	s := padded[core.NoMetadata](t, nc, cfg)
	ids := []string{"1", "a.b", "*", ">", " ", "  a  ", "a\r\nStatus: 404", "\x00\xff", "é", "$JS.API", strings.Repeat("=", 255)}
	for _, id := range ids {
		_, err := s.Commit(t.Context(), plainCommit{Key: account("a"), Unchecked: true, Events: many(2), CommandID: id})
		require.NoError(t, err, "%q", id)
	}
	for i, e := range load(t, s, of(account("a"))) {
		require.Equal(t, ids[i/2], e.CommandID)
	}
	_, err := s.Commit(t.Context(), plainCommit{Key: account("a"), Unchecked: true, Events: many(1), CommandID: strings.Repeat("c", 256)})
	require.ErrorIs(t, err, core.ErrName)
	untouched(t, nc, cfg.Stream, 2*len(ids))
}

func TestTooLongSubjectIsRefused(t *testing.T) {
	nc := connect(t, 1)
	cfg := fresh(1)
	s := padded[core.NoMetadata](t, nc, cfg)
	long := func(n int) string { return strings.Repeat("é", n) } // of 6 bytes each
	key := core.Key[string]{Kind: long(80), ID: long(80)}
	for _, n := range []int{1, 8} {
		_, err := core.CommitEvents(t.Context(), s, key, []core.Event{anyEvent{kind: strings.Repeat("k", n)}}, core.NoMetadata{})
		require.NoError(t, err)
	}
	_, err := core.CommitEvents(t.Context(), s, key, []core.Event{anyEvent{kind: "k"}, anyEvent{kind: long(20)}}, core.NoMetadata{})
	require.ErrorIs(t, err, core.ErrName)
	require.Equal(t, "subject", tooLarge(t, err).What)
	fault, ok := errors.AsType[*core.EncodeError](err)
	require.True(t, ok)
	require.Equal(t, 1, fault.Index)

	for _, bad := range []core.Key[string]{
		{Kind: long(100), ID: long(100)}, {Kind: "k", ID: ""}, {Kind: "k", ID: strings.Repeat("i", 256)},
		{Kind: strings.Repeat("k", 256), ID: "i"}, {Kind: "", ID: "i"}, {Kind: "_k", ID: "i"},
	} {
		_, err = core.CommitEvents(t.Context(), s, bad, many(1), core.NoMetadata{})
		require.ErrorIs(t, err, core.ErrName)
		_, err = s.Version(t.Context(), bad)
		require.ErrorIs(t, err, core.ErrName)
		for _, err := range s.LoadEvents(t.Context(), of(bad)) {
			require.ErrorIs(t, err, core.ErrName)
		}
	}
	untouched(t, nc, cfg.Stream, 2)
	require.Len(t, load(t, s, of(key)), 2)
}
