package kvsnapshot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func TestALoadIsTwoRoundTrips(t *testing.T) {
	nc := connect(t, 1)
	w := newWorld(t, fresh(1), freshEvents(1))
	s, err := kvsnapshot.Open[string](t.Context(), nc, w.cfg)
	require.NoError(t, err)
	repo := core.NewRepository(eventsOver(t, nc, w.eventsCfg), wallets).WithSnapshots(s)
	for i := range 30 {
		w.pay("a", i)
	}
	before := nc.Stats().OutMsgs
	_, _, err = repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, uint64(2), nc.Stats().OutMsgs-before)
}

func TestDamagedSnapshotsAreNotUsed(t *testing.T) {
	for _, c := range []kvsnapshot.Compression{kvsnapshot.NoCompression, kvsnapshot.S2, kvsnapshot.Zstd} {
		t.Run(c.String(), func(t *testing.T) {
			cfg := fresh(1)
			cfg.Compression = c
			if c != kvsnapshot.NoCompression {
				cfg.Codec = codec.MessagePack
			}
			w := newWorld(t, cfg, freshEvents(1))
			w.pay("a", 1, 2)
			w.used("a", w.pay("a", 3))
			value := w.stored("a")
			for i := range value {
				flipped := bytes.Clone(value)
				flipped[i] ^= 1 << (i % 8)
				w.set("a", flipped)
				w.unused("a", "byte %d is another", i)
				w.set("a", value[:i])
				w.unused("a", "cut off at %d", i)
			}
			w.set("a", append(bytes.Clone(value), 0))
			w.unused("a")
			w.replaced("a")
		})
	}
}

func TestASnapshotOfAnotherAggregateIsNotUsed(t *testing.T) {
	w := newWorld(t, fresh(1), freshEvents(1))
	w.pay("a", 1)
	w.pay("b", 2, 3)
	a, b := w.stored("a"), w.stored("b")
	w.set("a", b)
	w.set("b", a)
	_, _, err := w.snapshots.LoadSnapshot(t.Context(), walletKey("a"), &wallet{})
	corrupt, ok := errors.AsType[*kvsnapshot.CorruptError](err)
	require.True(t, ok)
	require.Equal(t, "aggregate.wallet.a.0", corrupt.Key)
	require.ErrorContains(t, err, `value of key aggregate.wallet.a.0 is of key "aggregate.wallet.b.0"`)
	for _, id := range []string{"a", "b"} {
		w.unused(id)
		w.replaced(id)
	}
}

// Two stores of events share a bucket, and have wallets of the same ids.
func TestASnapshotOfAnotherStoreIsNotUsed(t *testing.T) {
	cfg := fresh(1)
	first, second := newWorld(t, cfg, freshEvents(1)), newWorld(t, cfg, freshEvents(1))
	for i := range 5 {
		at := first.pay("a", i)
		first.used("a", at)
		second.pay("a", 2*i, 1) // takes its place, at a position that may be lower
		first.unused("a")
		second.same(second.repo, second.plain, "a")
	}
}

// An older program has no handler for one of the events.
func TestProgramsWithOtherHandlersDoNotShareSnapshots(t *testing.T) {
	w := newWorld(t, fresh(1), freshEvents(1))
	oldPlain := core.NewRepository(openEvents(t, w.eventsCfg), walletsOfOld)
	old := oldPlain.WithSnapshots(open(t, w.cfg))
	for i := range 5 {
		w.pay("a", i)
		w.same(old, oldPlain, "a")
		_, err := w.repo.Update(t.Context(), "a", emit(renamed{fmt.Sprint("ada the ", i)}))
		require.NoError(t, err)
		w.same(w.repo, w.plain, "a")
		w.same(old, oldPlain, "a")
		_, err = old.Update(t.Context(), "a", emit(paid{i}))
		require.NoError(t, err)
		w.same(old, oldPlain, "a")
		w.unused("a")
	}
	state, _, err := old.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, "ada", state.Owner)
}

func TestProgramsWithOtherSchemasKeepTheirOwnSnapshots(t *testing.T) {
	type balance struct{ Cents int }
	w := newWorld(t, fresh(1), freshEvents(1))
	next := core.NewRepository(openEvents(t, w.eventsCfg), core.DefineAggregate("wallet",
		core.On(func(*balance, opened) {}),
		core.On(func(b *balance, e paid) { b.Cents += 100 * e.Amount }),
		core.On(func(*balance, renamed) {}),
	).WithSchema(1)).WithSnapshots(open(t, w.cfg))
	sum := 0
	for i := range 5 {
		w.used("a", w.pay("a", i))
		_, err := next.Update(t.Context(), "a", core.CommandFunc[balance](func(balance) ([]core.Event, error) {
			return []core.Event{paid{10}}, nil
		}))
		require.NoError(t, err)
		sum += 100*i + 1000
		b, _, err := next.Load(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, balance{sum}, b)
		w.same(w.repo, w.plain, "a")
		require.Empty(t, logged.take(), "each has a snapshot of its own")
	}
	keys, err := w.bucket.Keys(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"aggregate.wallet.a.0", "aggregate.wallet.a.1"}, keys)
}

// The log was deleted, and another history written under the same ids.
func TestASnapshotOfAnotherHistoryIsNotUsed(t *testing.T) {
	for name, count := range map[string]int{"shorter": 3, "as long": 10, "longer": 20} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, fresh(1), freshEvents(1))
			for i := range 10 {
				w.pay("a", i)
			}
			value := w.stored("a")
			w.recreate()
			for range 2 { // also without a first event
				w.unused("a")
				require.Empty(t, logged.take())
				for i := range count {
					_, err := w.plain.Upsert(t.Context(), "a", emit(paid{100 + i}))
					require.NoError(t, err)
				}
			}
			w.unused("a")
			w.replaced("a")
			w.set("a", value)
			w.unused("a")
			w.replaced("a")
		})
	}
}

func TestSnapshotsExpire(t *testing.T) {
	cfg := fresh(1)
	cfg.TTL = 200 * time.Millisecond
	w := newWorld(t, cfg, freshEvents(1))
	for range 2 {
		w.pay("a", 1)
		w.same(w.repo, w.plain, "a")
		require.Eventually(t, func() bool {
			_, err := w.bucket.Get(t.Context(), "aggregate.wallet.a.0")
			return errors.Is(err, natsjs.ErrKeyNotFound)
		}, 30*time.Second, 10*time.Millisecond)
		w.same(w.repo, w.plain, "a")
		require.Empty(t, logged.take())
	}
}

func TestABucketMayBeDeleted(t *testing.T) {
	w := newWorld(t, fresh(1), freshEvents(1))
	w.pay("a", 1)
	require.NoError(t, streams(t, connect(t, 1)).DeleteKeyValue(t.Context(), w.cfg.Bucket))
	w.unused("a")
	v := w.pay("a", 2)
	require.Contains(t, fmt.Sprint(logged.take()), "snapshot not stored")
	_, at, err := w.plain.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, v, at)
	open(t, w.cfg) // which creates it
	w.replaced("a")
}

func TestNoSnapshotFailsACommand(t *testing.T) {
	w := newWorld(t, fresh(1), freshEvents(1))
	large := core.NewRepository(openEvents(t, w.eventsCfg), core.DefineAggregate("novel",
		core.On(func(s *string, e opened) { *s += e.Owner }))).WithSnapshots(w.snapshots)
	chapter := opened{string(bytes.Repeat([]byte("x"), 600<<10))}
	for range 2 {
		_, err := large.Upsert(t.Context(), "a", core.CommandFunc[string](func(string) ([]core.Event, error) {
			return []core.Event{chapter}, nil
		}))
		require.NoError(t, err)
	}
	messages := logged.take()
	require.Len(t, messages, 1)
	require.Contains(t, messages[0], "snapshot not stored aggregate=novel id=a error=store snapshot aggregate.novel.a.0: snapshot of 12")
}

func TestAnUncheckedCommitTakesNoSnapshot(t *testing.T) {
	w := newWorld(t, fresh(1), freshEvents(1))
	v := w.pay("a", 1)
	_, err := w.repo.Unchecked().Update(t.Context(), "a", emit(paid{2}))
	require.NoError(t, err)
	w.used("a", v)
}

// Commands are found again through a snapshot that another process took: the
// last 1,000 of those with an id, and no more.
func TestCommandsAreFoundThroughASnapshot(t *testing.T) {
	w := newWorld(t, fresh(1), freshEvents(1))
	store := openEvents(t, w.eventsCfg)
	name := func(i int) string { return fmt.Sprint("command ", i) }
	var versions []core.Version[uint64]
	var last core.Version[uint64]
	for i := range 1005 {
		positions, err := store.CommitAll(t.Context(), core.Commit[string, uint64, core.NoMetadata]{
			Key: core.Key[string]{Kind: "wallet", ID: "a"}, Expected: last, Events: []core.Event{paid{i}}, CommandID: name(i),
		})
		require.NoError(t, err)
		last = core.At(positions[0])
		versions = append(versions, last)
	}
	send := func(repo *repository, i int) core.Version[uint64] {
		v, err := repo.Update(core.WithCommandID(t.Context(), name(i)), "a", emit(paid{-1}))
		require.NoError(t, err)
		return v
	}
	versions = append(versions, send(w.repo, 1005)) // 1,006 of them, and a snapshot
	w.used("a", versions[1005])

	other := core.NewRepository(openEvents(t, w.eventsCfg), wallets).WithSnapshots(open(t, w.cfg))
	for _, i := range []int{1005, 1004, 500, 6} {
		require.Equal(t, versions[i], send(other, i), "command %d", i)
	}
	require.Equal(t, versions[5], send(w.plain, 5), "without snapshots it is found for ever")
	_, at, err := other.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, versions[1005], at, "nothing was recorded")
	again := send(other, 5)
	require.NotEqual(t, versions[5], again, "it is not among the last 1,000, so it is decided anew")
	require.Equal(t, again, send(other, 5), "from then on it is")
}

func TestHostileIDsHaveSnapshots(t *testing.T) {
	w := newWorld(t, fresh(1), freshEvents(1))
	ids := []string{"*", ">", ".", "..", "/", "=", "==", "=3D", "a.b", "a/b", "a b", "\r\n", "\x00", "é", "e\u0301", "🙂", "\u202e", "\xff", "$JS.API.>", "_INBOX"}
	for i, id := range ids {
		w.pay(id, i, i)
		w.pay(id, i)
	}
	for _, id := range ids {
		w.same(w.repo, w.plain, id)
		_, ok, err := w.snapshots.LoadSnapshot(t.Context(), walletKey(id), &wallet{})
		require.NoError(t, err)
		require.True(t, ok, id)
	}
	require.Empty(t, logged.take())
}

func TestALoadEndsWithItsContext(t *testing.T) {
	w := newWorld(t, fresh(1), freshEvents(1))
	w.pay("a", 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := w.repo.Load(ctx, "a")
	require.ErrorIs(t, err, context.Canceled)
}
