package kvsnapshot_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

func TestSnapshotOfAnotherAggregateIsNotUsed(t *testing.T) {
	f := newFixture(t, newConfig(1))
	f.pay("a", 1)
	f.pay("b", 2, 3)
	a, b := f.stored("a"), f.stored("b")
	f.set("a", b)
	f.set("b", a)
	_, _, err := f.snapshots.LoadSnapshot(t.Context(), f.key("a"), &wallet{})
	corrupt, ok := errors.AsType[*kvsnapshot.CorruptError](err)
	require.True(t, ok)
	require.Equal(t, f.name("a"), corrupt.Key)
	require.ErrorContains(t, err, fmt.Sprintf("value of key %s is of key %q", f.name("a"), f.name("b")))
	for _, id := range []string{"a", "b"} {
		f.requireUnused(id)
		f.requireReplaced(id)
	}
}

// Two event stores share a bucket, and have aggregates of the same ids.
func TestTwoStoresDoNotReplaceEachOthersSnapshots(t *testing.T) {
	cfg := newConfig(1)
	first, second := newFixture(t, cfg), newFixture(t, cfg)
	for i := range 5 {
		at := first.pay("a", i)
		other := second.pay("a", 2*i, 1) // maybe at a lower position
		first.requireUsed("a", at)
		second.requireUsed("a", other)
	}
	keys, err := first.bucket.Keys(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{first.name("a"), second.name("a")}, keys)
}

// The snapshot of another store, under the key of this one: an administrator copied
// it there.
func TestSnapshotOfAnotherStoreIsNotUsed(t *testing.T) {
	f := newFixture(t, newConfig(1))
	f.pay("a", 1)
	other := newFixture(t, newConfig(1))
	other.pay("a", 2, 3)
	var state wallet
	snap, ok, err := other.snapshots.LoadSnapshot(t.Context(), other.key("a"), &state)
	require.NoError(t, err)
	require.True(t, ok)
	snap.State = state
	offer, err := f.snapshots.OfferSnapshot(t.Context(), f.key("a"), core.SnapshotAge{Events: 1}, func() (core.Snapshot[uint64], error) { return snap, nil })
	require.NoError(t, err)
	require.Equal(t, core.Stored, offer)
	f.requireUnused("a")
	f.requireReplaced("a")
}

// An older program has no handler for one of the events.
func TestSnapshotOfOtherHandlersIsNotUsed(t *testing.T) {
	f := newFixture(t, newConfig(1))
	oldPlain := core.NewRepository(openEvents(t, f.eventsCfg), oldWallets)
	old := oldPlain.WithSnapshots(open(t, f.cfg))
	for i := range 5 {
		f.pay("a", i)
		f.requireReplay(old, oldPlain, "a")
		_, err := f.repo.Update(t.Context(), "a", emit(renamed{fmt.Sprint("ada the ", i)}))
		require.NoError(t, err)
		f.requireReplay(f.repo, f.plain, "a")
		f.requireReplay(old, oldPlain, "a")
		_, err = old.Update(t.Context(), "a", emit(paid{i}))
		require.NoError(t, err)
		f.requireReplay(old, oldPlain, "a")
		f.requireUnused("a")
	}
	state, _, err := old.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, "ada", state.Owner)
}

func TestSnapshotsOfTwoSchemasAreKeptSideBySide(t *testing.T) {
	type balance struct{ Cents int }
	f := newFixture(t, newConfig(1))
	next := core.NewRepository(openEvents(t, f.eventsCfg), core.DefineAggregate("wallet",
		core.On(func(*balance, opened) {}),
		core.On(func(b *balance, e paid) { b.Cents += 100 * e.Amount }),
		core.On(func(*balance, renamed) {}),
	).WithSchema(1)).WithSnapshots(open(t, f.cfg))
	sum := 0
	for i := range 5 {
		f.requireUsed("a", f.pay("a", i))
		_, err := next.Update(t.Context(), "a", core.CommandFunc[balance](func(balance) ([]core.Event, error) {
			return []core.Event{paid{10}}, nil
		}))
		require.NoError(t, err)
		sum += 100*i + 1000
		b, _, err := next.Load(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, balance{sum}, b)
		f.requireReplay(f.repo, f.plain, "a")
		require.Empty(t, logged.drain(), "each program has a snapshot of its own")
	}
	keys, err := f.bucket.Keys(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{f.name("a"), strings.Replace(f.name("a"), "a.0.", "a.1.", 1)}, keys)
}

// The log was deleted, and other events were written under the same ids.
func TestSnapshotOfAnotherHistoryIsNotUsed(t *testing.T) {
	for name, count := range map[string]int{"shorter": 3, "as long": 10, "longer": 20} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, newConfig(1))
			for i := range 10 {
				f.pay("a", i)
			}
			value := f.stored("a")
			f.recreate()
			for range 2 { // first without any event
				f.requireUnused("a")
				require.Empty(t, logged.drain())
				for i := range count {
					_, err := f.plain.Upsert(t.Context(), "a", emit(paid{100 + i}))
					require.NoError(t, err)
				}
			}
			f.requireUnused("a")
			f.requireReplaced("a")
			f.set("a", value)
			f.requireUnused("a")
			f.requireReplaced("a")
		})
	}
}
