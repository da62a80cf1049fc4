package projection_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

// onlyKey is the key of the only stored snapshot.
func onlyKey(t *testing.T, s *fakes.Snapshots) core.SnapshotKey[string] {
	t.Helper()
	require.Len(t, s.Stored, 1)
	for key := range s.Stored {
		return key
	}
	panic("unreachable")
}

// changeOnly changes the only stored snapshot.
func changeOnly(t *testing.T, s *fakes.Snapshots, change func(*core.Snapshot[uint64])) {
	t.Helper()
	key := onlyKey(t, s)
	snap := s.Stored[key]
	change(&snap)
	s.Stored[key] = snap
}

func loadFrom(t *testing.T, store *bankStore, snaps core.SnapshotStore[string, uint64], p *ledgerProjection) ledger {
	t.Helper()
	state, err := projection.LoadFrom(t.Context(), store, snaps, p)
	require.NoError(t, err)
	return state
}

func TestProjectionGoesOnFromItsSnapshot(t *testing.T) {
	store, snaps := newBank(), fakes.NewSnapshots()
	require.Equal(t, ledger{}, loadFrom(t, store, snaps, ledgers))
	require.Empty(t, snaps.Offers, "there is nothing to keep")
	pay(t, store, "a", 1, 2)
	require.Equal(t, totalOf("a", 1, 2), loadFrom(t, store, snaps, ledgers))
	visits(t, store, "a")
	pay(t, store, "a", 4)
	changeOnly(t, snaps, func(s *core.Snapshot[uint64]) { s.State = []byte(`{"Total":1000}`) }) // to tell
	require.Equal(t, int64(1004), loadFrom(t, store, snaps, ledgers).Total)
	require.Equal(t, int64(1004), loadFrom(t, store, snaps, ledgers).Total)
	require.Equal(t, []int{2, 1}, snaps.Offers)
}

func TestProjectionSnapshotSaysWhatItIsOf(t *testing.T) {
	store, snaps := newBank(), fakes.NewSnapshots()
	pay(t, store, "a", 1, 2)
	visits(t, store, "a")
	loadFrom(t, store, snaps, ledgers.WithSchema(3))
	key := onlyKey(t, snaps)
	require.Equal(t, core.SnapshotKey[string]{Store: store.StoreID(), Role: core.ProjectionSnapshot, Kind: "ledger", Singleton: true, Schema: 3}, key)
	snap := snaps.Stored[key]
	require.Equal(t, uint64(2), snap.Position)
	require.Equal(t, store.StoreID(), snap.StoreID)
	require.True(t, strings.HasSuffix(snap.EventID, "/1"), snap.EventID)
	require.NotEmpty(t, snap.Table)
	require.Empty(t, snap.Replaces)
}

func TestProjectionSnapshotOfOtherEventsIsLoggedReplayedAndReplaced(t *testing.T) {
	for name, spoil := range map[string]func(*core.Snapshot[uint64]){
		"of another store":        func(s *core.Snapshot[uint64]) { s.StoreID = "other" },
		"of another table":        func(s *core.Snapshot[uint64]) { s.Table = "other" },
		"of another event":        func(s *core.Snapshot[uint64]) { s.EventID = "other/0" },
		"ahead of the log":        func(s *core.Snapshot[uint64]) { s.Position, s.EventID = 1000, "other/0" },
		"of an older one's place": func(s *core.Snapshot[uint64]) { s.Position = 1 },
		"of an event left out":    func(s *core.Snapshot[uint64]) { s.Position = 3 },
		"that is not readable":    func(s *core.Snapshot[uint64]) { s.State = []byte(`{"Owners":["nobody"],"Total":"x"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			store, snaps := newBank(), fakes.NewSnapshots()
			pay(t, store, "a", 1, 2)
			visits(t, store, "a")
			pay(t, store, "a", 4)
			loadFrom(t, store, snaps, ledgers)
			changeOnly(t, snaps, func(s *core.Snapshot[uint64]) {
				s.State = []byte(`{"Total":1000}`)
				spoil(s)
			})
			log := fakes.Log(t)
			require.Equal(t, totalOf("a", 1, 2, 4), loadFrom(t, store, snaps, ledgers))
			require.Equal(t, 1, strings.Count(log.String(), "snapshot not used, replaying events"), log)
			require.Contains(t, log.String(), "projection=ledger error=")
			if name == "that is not readable" {
				snaps.Stored = make(map[core.SnapshotKey[string]]core.Snapshot[uint64]) // as a store would
			}
			pay(t, store, "a", 8)
			require.Equal(t, totalOf("a", 1, 2, 4, 8), loadFrom(t, store, snaps, ledgers))
			log.Reset()
			require.Equal(t, totalOf("a", 1, 2, 4, 8), loadFrom(t, store, snaps, ledgers))
			require.Empty(t, log.String(), "the snapshot was replaced")
		})
	}
}

func TestSnapshotStoreThatFailsNeverFailsAProjection(t *testing.T) {
	store, snaps := newBank(), fakes.NewSnapshots()
	pay(t, store, "a", 1)
	loadFrom(t, store, snaps, ledgers)
	pay(t, store, "a", 2)
	log := fakes.Log(t)
	snaps.LoadErr, snaps.OfferErr = errors.New("bucket gone"), errors.New("bucket full")
	require.Equal(t, totalOf("a", 1, 2), loadFrom(t, store, snaps, ledgers))
	require.Contains(t, log.String(), "bucket gone")
	require.Contains(t, log.String(), "bucket full")
	require.Equal(t, 2, strings.Count(log.String(), "\n"), log.String())
}

// What the first state holds, and the events took away, does not come back.
func TestFirstStateIsNotMixedWithASnapshot(t *testing.T) {
	type menu struct{ Dishes map[string]bool }
	p := projection.Define("menu", projection.On(func(m *menu, e stored[accountOpened]) {
		delete(m.Dishes, "soup")
		m.Dishes[e.Event.Owner] = true
	})).WithInit(func() menu { return menu{map[string]bool{"soup": true}} })
	store, snaps := newBank(), fakes.NewSnapshots()
	coretest.Seed(t, store, accountKey("a"), accountOpened{"fish"})
	for range 2 {
		state, err := projection.LoadFrom(t.Context(), store, snaps, p)
		require.NoError(t, err)
		require.Equal(t, menu{map[string]bool{"fish": true}}, state)
	}
}

func TestProjectionsOfOneKindKeepTheirSnapshotsApart(t *testing.T) {
	store, snaps := newBank(), fakes.NewSnapshots()
	pay(t, store, "a", 1)
	pay(t, store, "b", 2)
	pay(t, store, "a b", 4)
	all := []*ledgerProjection{
		ledgers, ledgers.WithSchema(1), ledgers.Instance("x"), ledgers.Instance("y"),
		ledgers.Of(accountKey("a")), ledgers.Of(accountKey("b")), ledgers.Of(accountKey("a"), accountKey("b")), ledgers.Of(),
		ledgers.Of(accountKey("a b")), ledgers.Of(bankKey{Kind: "account a", ID: "b"}), ledgers.Instance("x").Of(accountKey("a")),
	}
	var want []ledger
	for range 2 {
		for i, p := range all {
			state := loadFrom(t, store, snaps, p)
			if want = append(want, state); len(want) > len(all) {
				require.Equal(t, want[i], state, "projection %d", i)
			}
			require.Equal(t, loadLedger(t, store, p), state, "projection %d", i)
		}
	}
	require.Len(t, snaps.Stored, 9, "two of the projections have no events")
	require.Len(t, snaps.Offers, 9)
}

// Two lists of aggregates that read the same are two lists.
func TestSnapshotsOfSimilarKeysAreKeptApart(t *testing.T) {
	store, snaps := newBank(), fakes.NewSnapshots()
	coretest.Seed(t, store, bankKey{Kind: "account a", ID: "b"}, fundsDeposited{1})
	coretest.Seed(t, store, bankKey{Kind: "account", ID: "a b"}, fundsDeposited{2})
	log := fakes.Log(t)
	for range 2 {
		require.Equal(t, int64(1), loadFrom(t, store, snaps, ledgers.Of(bankKey{Kind: "account a", ID: "b"})).Total)
		require.Equal(t, int64(2), loadFrom(t, store, snaps, ledgers.Of(bankKey{Kind: "account", ID: "a b"})).Total)
	}
	require.Empty(t, log.String(), "each has its own snapshot")
}

func TestAnotherTableDoesNotUseTheSnapshot(t *testing.T) {
	store, snaps := newBank(), fakes.NewSnapshots()
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{1}, accountOpened{"ada"})
	less := projection.Define("ledger", projection.On((*ledger).deposited))
	loadFrom(t, store, snaps, less)
	log := fakes.Log(t)
	require.Equal(t, []string{"ada"}, loadFrom(t, store, snaps, ledgers).Owners)
	require.Contains(t, log.String(), "snapshot is of other kinds of events")
}

// The memory store of snapshots, with a policy, does the same.
func TestProjectionSnapshotsFollowTheirPolicy(t *testing.T) {
	store, snaps := newBank(), memory.NewSnapshots[string, uint64](core.SnapshotEvery(3))
	for i := range 8 {
		pay(t, store, "a", int64(i))
		require.Len(t, loadFrom(t, store, snaps, ledgers).Amounts, i+1)
	}
	var state ledger
	key := core.SnapshotKey[string]{Store: store.StoreID(), Role: core.ProjectionSnapshot, Kind: "ledger", Singleton: true}
	snap, ok, err := snaps.LoadSnapshot(t.Context(), key, &state)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, uint64(6), snap.Position)
	require.Len(t, state.Amounts, 6)
}
