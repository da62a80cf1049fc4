package core_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/typecheck"
)

func TestSnapshotSavesTheEventsBeforeIt(t *testing.T) {
	store, snaps := newSpy(), fakes.NewSnapshots()
	repo := store.repo().WithSnapshots(snaps)
	_, err := repo.Create(t.Context(), "a", emits(accountOpened{"ada"}, fundsDeposited{5}))
	require.NoError(t, err)
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{1})
	snaps.Change("a", func(s *core.Snapshot[uint64]) { s.State = []byte(`{"Owner":"ada","Balance":1000}`) }) // to tell

	store.loads = nil
	state, v, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, account{"ada", 1001}, state)
	require.Equal(t, core.At(uint64(3)), v)
	key := accountKey("a")
	require.Equal(t, []core.Filter[string, uint64]{{Aggregate: &key, From: core.At(uint64(2))}}, store.loads)
}

func TestSnapshotIsOfferedWithTheEventsSinceTheLast(t *testing.T) {
	store, snaps := newSpy(), fakes.NewSnapshots()
	repo := store.repo().WithSnapshots(snaps)
	_, err := repo.Create(t.Context(), "a", emits(accountOpened{"ada"}, fundsDeposited{5}))
	require.NoError(t, err)
	snaps.Due = 4
	for range 4 {
		_, err = repo.Update(t.Context(), "a", emits(fundsDeposited{1}, fundsDeposited{1}))
		require.NoError(t, err)
	}
	require.Equal(t, []int{2, 2, 4, 2, 4}, snaps.Offers)
}

func TestRefusedSnapshotIsOfferedAfterTwiceAsManyEvents(t *testing.T) {
	store, snaps, log := newSpy(), fakes.NewSnapshots(), fakes.Log(t)
	repo := store.repo().WithSnapshots(snaps)
	snaps.OfferErr = &core.SnapshotCreateError{Err: errors.New("too large")}
	for range 40 {
		_, err := repo.Upsert(t.Context(), "a", deposit{1})
		require.NoError(t, err)
	}
	require.Equal(t, []int{1, 2, 4, 8, 16, 32}, snaps.Offers)
	require.Equal(t, 1, strings.Count(log.String(), "snapshot not stored"), "the same once a minute")
	_, err := repo.WithRetries(1).Upsert(t.Context(), "b", deposit{1})
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 4, 8, 16, 32, 1}, snaps.Offers, "other aggregates are offered")
	snaps.OfferErr = nil
	for range 30 {
		_, err := repo.Upsert(t.Context(), "a", deposit{1})
		require.NoError(t, err)
	}
	require.Equal(t, []int{64, 1, 1}, snaps.Offers[7:10], "what is stored again is offered as ever")
}

func TestTypeThatDoesNotComeBackIsOfferedOnce(t *testing.T) {
	store, snaps, log := newSpy(), fakes.NewSnapshots(), fakes.Log(t)
	repo := store.repo().WithSnapshots(snaps)
	snaps.OfferErr = fmt.Errorf("offer: %w", &core.SnapshotCreateError{Err: &typecheck.ChangedError{Type: reflect.TypeFor[account](), Field: "Owner"}})
	for i := range 10 {
		_, err := repo.Upsert(t.Context(), fmt.Sprint(i%2), deposit{1})
		require.NoError(t, err)
	}
	require.Equal(t, []int{1}, snaps.Offers)
	require.Equal(t, 1, strings.Count(log.String(), "snapshot not stored"))
}

func TestSnapshotSaysWhatItIsOf(t *testing.T) {
	store, snaps := newSpy(), fakes.NewSnapshots()
	repo := core.NewRepository(store, accounts.WithSchema(3)).WithSnapshots(snaps)
	_, err := repo.Create(core.WithCommandID(t.Context(), "c1"), "a", emits(accountOpened{"ada"}, fundsDeposited{5}))
	require.NoError(t, err)
	key := fakes.AccountKey(store.StoreID(), "a")
	key.Schema = 3
	snap, ok := snaps.Stored[key]
	require.True(t, ok, "%v", snaps.Stored)
	require.Equal(t, uint64(2), snap.Position)
	require.Equal(t, store.StoreID(), snap.StoreID)
	require.Equal(t, []core.ProcessedCommand[uint64]{{ID: "c1", Position: 2}}, snap.Commands)
	require.NotEmpty(t, snap.Table)
	require.Empty(t, snap.Replaces)
	require.True(t, strings.HasSuffix(snap.EventID, "/1"), snap.EventID)
}

func TestSnapshotOfOtherEventsIsLoggedReplayedAndReplaced(t *testing.T) {
	cases := map[string]func(*fakes.Snapshots){
		"of another store": func(s *fakes.Snapshots) { s.Change("a", func(s *core.Snapshot[uint64]) { s.StoreID = "other" }) },
		"of another table": func(s *fakes.Snapshots) { s.Change("a", func(s *core.Snapshot[uint64]) { s.Table = "other" }) },
		"of another event": func(s *fakes.Snapshots) { s.Change("a", func(s *core.Snapshot[uint64]) { s.EventID = "other/0" }) },
		"ahead of the log": func(s *fakes.Snapshots) {
			s.Change("a", func(s *core.Snapshot[uint64]) { s.Position, s.EventID = 1000, "other/0" })
		},
		"of another aggregate": func(s *fakes.Snapshots) {
			s.Change("a", func(snap *core.Snapshot[uint64]) { *snap = s.Of("b") })
		},
		"of an older one's place": func(s *fakes.Snapshots) { s.Change("a", func(s *core.Snapshot[uint64]) { s.Position = 1 }) },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			store, snaps := newSpy(), fakes.NewSnapshots()
			repo := store.repo().WithSnapshots(snaps)
			for _, id := range []string{"a", "b"} {
				_, err := repo.Create(t.Context(), id, emits(accountOpened{id}, fundsDeposited{5}))
				require.NoError(t, err)
			}
			snaps.Change("a", func(s *core.Snapshot[uint64]) { s.State = []byte(`{"Owner":"nobody","Balance":1000}`) })
			spoil(snaps)

			log := fakes.Log(t)
			state, v, err := repo.Load(t.Context(), "a")
			require.NoError(t, err)
			require.Equal(t, account{"a", 5}, state)
			require.Equal(t, core.At(uint64(2)), v)
			require.Equal(t, 1, strings.Count(log.String(), "snapshot not used, replaying events"), log)
			require.Contains(t, log.String(), "aggregate=account id=a error=")

			v, err = repo.Update(t.Context(), "a", deposit{1})
			require.NoError(t, err)
			require.Equal(t, 3, snaps.Offers[len(snaps.Offers)-1], "no event is in a snapshot")
			snap := snaps.Of("a")
			require.Equal(t, v, core.At(snap.Position))
			require.Equal(t, store.StoreID(), snap.StoreID)
			require.JSONEq(t, `{"Owner":"a","Balance":6}`, string(snap.State.([]byte)))
			log.Reset()
			state, _, err = repo.Load(t.Context(), "a")
			require.NoError(t, err)
			require.Equal(t, account{"a", 6}, state)
			require.Empty(t, log.String())
		})
	}
}

func TestSnapshotStoreThatFailsNeverFailsACommand(t *testing.T) {
	store, snaps := newSpy(), fakes.NewSnapshots()
	repo := store.repo().WithSnapshots(snaps)
	_, err := repo.Create(t.Context(), "a", openAccount{"ada"})
	require.NoError(t, err)
	log := fakes.Log(t)
	snaps.LoadErr = errors.New("bucket gone") // and it has scribbled on the state
	snaps.OfferErr = errors.New("bucket full")
	_, err = repo.Update(t.Context(), "a", deposit{5})
	require.NoError(t, err)
	state, _, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, account{"ada", 5}, state)
	for range 20 {
		_, err = repo.WithRetries(1).Update(t.Context(), "a", deposit{5})
		require.NoError(t, err)
	}
	require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
	require.Contains(t, log.String(), "load of snapshots of account failed, going on without")
	require.Contains(t, log.String(), "bucket gone")
	require.Equal(t, []int{1}, snaps.Offers, "what cannot be loaded is not offered")
}

func TestLoadsGoOnWhenASnapshotStoreTakesNone(t *testing.T) {
	store, snaps := newSpy(), fakes.NewSnapshots()
	repo := store.repo().WithSnapshots(snaps)
	_, err := repo.Create(t.Context(), "a", openAccount{"ada"})
	require.NoError(t, err)
	log := fakes.Log(t)
	snaps.OfferErr = errors.New("bucket full")
	for range 20 {
		_, err = repo.Update(t.Context(), "a", deposit{5})
		require.NoError(t, err)
	}
	require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
	require.Contains(t, log.String(), "store of snapshots of account failed, going on without")
	require.Equal(t, []int{1, 1}, snaps.Offers)
	require.Equal(t, core.At(uint64(1)), store.loads[len(store.loads)-1].From, "from the snapshot")
}

func TestStateOfAnUnreadableSnapshotIsNotUsed(t *testing.T) {
	store, snaps := newSpy(), fakes.NewSnapshots()
	repo := store.repo().WithSnapshots(snaps)
	_, err := repo.Create(t.Context(), "a", openAccount{"ada"})
	require.NoError(t, err)
	snaps.Change("a", func(s *core.Snapshot[uint64]) { s.State = []byte(`{"Balance":1000,"Owner":7}`) })
	log := fakes.Log(t)
	state, _, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, account{Owner: "ada"}, state)
	require.Contains(t, log.String(), "cannot unmarshal")
}

func TestAnotherTableOrSchemaIsAnotherSnapshot(t *testing.T) {
	store, snaps := newSpy(), fakes.NewSnapshots()
	_, err := store.repo().WithSnapshots(snaps).Create(t.Context(), "a", emits(accountOpened{"ada"}, fundsDeposited{5}))
	require.NoError(t, err)
	snaps.Change("a", func(s *core.Snapshot[uint64]) { s.State = []byte(`{"Owner":"nobody"}`) })

	log := fakes.Log(t)
	lesser := core.DefineAggregate("account", core.On((*account).deposited)).Lenient()
	state, _, err := core.NewRepository(store, lesser).WithSnapshots(snaps).Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, account{Balance: 5}, state)
	require.Contains(t, log.String(), "other kinds of events")

	log.Reset()
	state, _, err = core.NewRepository(store, accounts.WithSchema(1)).WithSnapshots(snaps).Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, account{"ada", 5}, state)
	require.Empty(t, log.String())
}

// A list of members is state that refers to something.
type club struct{ Members map[string]bool }

type joined struct{ Name string }

func (joined) EventKind() string { return "club.joined" }

var clubs = core.DefineAggregate("club", core.On(func(c *club, e joined) {
	if c.Members == nil {
		c.Members = make(map[string]bool)
	}
	c.Members[e.Name] = true
}))

func TestCommandThatChangesItsStateDoesNotChangeTheSnapshot(t *testing.T) {
	store, snaps := memory.New[string, core.NoMetadata](), fakes.NewSnapshots()
	repo := core.NewRepository(store, clubs).WithSnapshots(snaps)
	join := func(name string) core.Command[club] {
		return core.CommandFunc[club](func(c club) ([]core.Event, error) {
			if c.Members != nil {
				c.Members["ghost"] = true
			}
			return []core.Event{joined{name}}, nil
		})
	}
	for _, name := range []string{"ada", "bob", "cyd"} {
		_, err := repo.Upsert(t.Context(), "c", join(name))
		require.NoError(t, err)
	}
	want := club{map[string]bool{"ada": true, "bob": true, "cyd": true}}
	for _, r := range []*core.Repository[club, string, uint64, core.NoMetadata]{repo, core.NewRepository(store, clubs)} {
		state, _, err := r.Load(t.Context(), "c")
		require.NoError(t, err)
		require.Equal(t, want, state)
	}
	require.Len(t, snaps.Stored, 1)
}

func TestSnapshotsNeedPositionsWithAnOrder(t *testing.T) {
	repo := core.NewRepository(unordered{}, accounts)
	require.PanicsWithValue(t, "core: snapshots of account need a store whose positions have an order", func() {
		repo.WithSnapshots(core.NoSnapshots[string, struct{}]{})
	})
	require.PanicsWithValue(t, "core: a cache of account needs a store whose positions have an order", func() {
		repo.WithCache(core.Cache[account]{Size: 1})
	})
}

// unordered is a store without an order of its events.
type unordered struct {
	core.EventStore[string, struct{}, core.NoMetadata]
}

func TestNoSnapshotsHasNoneAndDeclines(t *testing.T) {
	var none core.NoSnapshots[string, uint64]
	_, ok, err := none.LoadSnapshot(t.Context(), fakes.AccountKey("", "a"), new(account))
	require.False(t, ok)
	require.NoError(t, err)
	offer, err := none.OfferSnapshot(t.Context(), fakes.AccountKey("", "a"), core.SnapshotAge{Events: 1 << 30}, nil)
	require.Equal(t, "declined <nil>", fmt.Sprint(offer, err))
}
