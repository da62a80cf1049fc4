package kvsnapshot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func TestLoadFromASnapshotIsTwoRoundTrips(t *testing.T) {
	nc := connect(t, 1)
	f := newFixture(t, newConfig(1))
	repo := core.NewRepository(openEventsOver(t, nc, f.eventsCfg), wallets).WithSnapshots(openOver(t, nc, f.cfg))
	for i := range 30 {
		f.pay("a", i)
	}
	before := nc.Stats().OutMsgs
	_, _, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, uint64(2), nc.Stats().OutMsgs-before)
}

func TestDamagedSnapshotIsNotUsed(t *testing.T) {
	for _, c := range []kvsnapshot.Compression{kvsnapshot.NoCompression, kvsnapshot.S2, kvsnapshot.Zstd} {
		t.Run(c.String(), func(t *testing.T) {
			cfg := newConfig(1)
			cfg.Compression = c
			if c != kvsnapshot.NoCompression {
				cfg.Codec = codec.MessagePack
			}
			f := newFixture(t, cfg)
			f.pay("a", 1, 2)
			f.requireUsed("a", f.pay("a", 3))
			value := f.stored("a")
			for i := range value {
				flipped := bytes.Clone(value)
				flipped[i] ^= 1 << (i % 8)
				f.set("a", flipped)
				f.requireUnused("a", "byte %d is changed", i)
				f.set("a", value[:i])
				f.requireUnused("a", "cut off at %d", i)
			}
			f.set("a", append(bytes.Clone(value), 0))
			f.requireUnused("a")
			f.requireReplaced("a")
		})
	}
}

func TestSnapshotExpires(t *testing.T) {
	cfg := newConfig(1)
	cfg.Storage.TTL = 200 * time.Millisecond
	f := newFixture(t, cfg)
	for range 2 {
		f.pay("a", 1)
		f.requireReplay(f.repo, f.plain, "a")
		require.Eventually(t, func() bool {
			_, err := f.bucket.Get(t.Context(), f.name("a"))
			return errors.Is(err, natsjs.ErrKeyNotFound)
		}, 2*time.Minute, 10*time.Millisecond)
		f.requireReplay(f.repo, f.plain, "a")
		require.Empty(t, logged.drain())
	}
}

func TestCommandsSucceedWithoutTheBucket(t *testing.T) {
	f := newFixture(t, newConfig(1))
	f.pay("a", 1)
	require.NoError(t, streams(t, connect(t, 1)).DeleteKeyValue(t.Context(), f.cfg.Bucket))
	logged.drain()
	var v core.Version[uint64]
	for range 10 {
		f.requireReplay(f.repo, f.plain, "a")
		v = f.pay("a", 2)
	}
	messages := logged.drain()
	require.Len(t, messages, 1)
	require.Contains(t, messages[0], "load of snapshots of wallet failed, going on without error=")
	_, at, err := f.plain.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, v, at)
	open(t, f.cfg) // creates it
	require.Eventually(t, func() bool {
		f.pay("a", 2)
		_, ok, err := f.snapshots.LoadSnapshot(t.Context(), f.key("a"), &wallet{})
		return ok && err == nil
	}, 2*time.Minute, 10*time.Millisecond)
	require.Contains(t, fmt.Sprint(logged.drain()), "load of snapshots of wallet answers again")
	f.requireReplaced("a")
}

func TestSnapshotThatIsTooLargeFailsNoCommand(t *testing.T) {
	f := newFixture(t, newConfig(1))
	large := core.NewRepository(openEvents(t, f.eventsCfg), core.DefineAggregate("novel",
		core.On(func(s *string, e opened) { *s += e.Owner }))).WithSnapshots(f.snapshots)
	chapter := opened{string(bytes.Repeat([]byte("x"), 900<<10))}
	write := []core.Event{chapter, chapter, chapter, chapter, chapter} // too large at once: loads of nearly as much are slow
	var refusals []string
	require.Eventually(t, func() bool { // a busy server may not answer in time, and is left alone for a while
		_, err := large.Upsert(t.Context(), "a", core.CommandFunc[string](func(string) ([]core.Event, error) { return write, nil }))
		require.NoError(t, err)
		write = []core.Event{opened{"x"}}
		for _, m := range logged.drain() {
			if strings.Contains(m, "snapshot not stored") {
				refusals = append(refusals, m)
			}
		}
		return len(refusals) > 0
	}, 4*time.Minute, 100*time.Millisecond)
	require.Len(t, refusals, 1)
	require.Contains(t, refusals[0], "snapshot not stored aggregate=novel id=a error=store snapshot aggregate.novel.a.0."+f.events.StoreID()+": create snapshot: snapshot of 4")
}

func TestUncheckedCommitTakesNoSnapshot(t *testing.T) {
	f := newFixture(t, newConfig(1))
	v := f.pay("a", 1)
	_, err := f.repo.Unchecked().Update(t.Context(), "a", emit(paid{2}))
	require.NoError(t, err)
	f.requireUsed("a", v)
}

func TestHostileIDsHaveSnapshots(t *testing.T) {
	f := newFixture(t, newConfig(1))
	ids := []string{"*", ">", ".", "..", "/", "=", "==", "=3D", "a.b", "a/b", "a b", "\r\n", "\x00", "é", "e\u0301", "🙂", "\u202e", "\xff", "$JS.API.>", "_INBOX"}
	for i, id := range ids {
		f.pay(id, i, i)
		f.pay(id, i)
	}
	for _, id := range ids {
		f.requireReplay(f.repo, f.plain, id)
		_, ok, err := f.snapshots.LoadSnapshot(t.Context(), f.key(id), &wallet{})
		require.NoError(t, err)
		require.True(t, ok, id)
	}
	require.Empty(t, logged.drain())
}

func TestLoadEndsWithItsContext(t *testing.T) {
	f := newFixture(t, newConfig(1))
	f.pay("a", 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := f.repo.Load(ctx, "a")
	require.ErrorIs(t, err, context.Canceled)
}
