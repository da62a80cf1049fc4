package core_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
)

// bag is a state whose map is made by its first event, and lost by a copy that
// leaves out what is empty.
type bag struct {
	Items map[string]int `json:"items,omitempty"`
}

type (
	bagOpened   struct{}
	itemAdded   struct{ Item string }
	itemRemoved struct{ Item string }
)

func (bagOpened) EventKind() string   { return "bag.opened" }
func (itemAdded) EventKind() string   { return "bag.added" }
func (itemRemoved) EventKind() string { return "bag.removed" }

var bags = core.DefineAggregate("account",
	core.On(func(b *bag, _ bagOpened) { b.Items = make(map[string]int) }),
	core.On(func(b *bag, e itemAdded) { b.Items[e.Item]++ }),
	core.On(func(b *bag, e itemRemoved) { delete(b.Items, e.Item) }),
)

type bagRepo = core.Repository[bag, string, uint64, core.NoMetadata]

// wantBag runs commands through repo, and checks that none fails and that the state
// is the one of a replay.
func wantBag(t *testing.T, store *spy, repo *bagRepo) {
	t.Helper()
	for _, e := range []core.Event{bagOpened{}, itemAdded{"tea"}, itemRemoved{"tea"}, itemAdded{"rice"}, itemRemoved{"rice"}, itemAdded{"salt"}} {
		_, err := repo.Upsert(t.Context(), "a", core.CommandFunc[bag](func(bag) ([]core.Event, error) { return []core.Event{e}, nil }))
		require.NoError(t, err)
		want, at, err := core.NewRepository(store, bags).Load(t.Context(), "a")
		require.NoError(t, err)
		got, gotAt, err := repo.Load(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, at, gotAt)
	}
}

// The fakes keep JSON and compare nothing, as a snapshot of an older program may be.
func TestSnapshotThatAnEventCannotBeFoldedIntoIsReplayed(t *testing.T) {
	store, log := newSpy(), fakes.Log(t)
	repo := core.NewRepository(store, bags).WithSnapshots(fakes.NewSnapshots())
	_, err := repo.Upsert(t.Context(), "a", core.CommandFunc[bag](func(bag) ([]core.Event, error) { return []core.Event{bagOpened{}}, nil }))
	require.NoError(t, err)
	_, err = repo.Update(t.Context(), "a", core.CommandFunc[bag](func(bag) ([]core.Event, error) { return []core.Event{itemAdded{"tea"}}, nil }))
	require.NoError(t, err)
	state, _, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, bag{map[string]int{"tea": 1}}, state)
	require.Contains(t, log.String(), "snapshot not used, replaying events")
	require.Contains(t, log.String(), "assignment to entry in nil map")
}

// careless copies by JSON and compares nothing.
func careless(b bag) (copied bag, err error) {
	data, err := json.Marshal(b)
	if err == nil {
		err = json.Unmarshal(data, &copied)
	}
	return copied, err
}

func TestCachedStateThatAnEventCannotBeFoldedIntoIsReplayed(t *testing.T) {
	store, log := newSpy(), fakes.Log(t)
	repo := core.NewRepository(store, bags).WithCache(core.Cache[bag]{Size: 2, Copy: careless})
	other := core.NewRepository(store, bags)
	for i, e := range []core.Event{bagOpened{}, itemAdded{"tea"}, itemRemoved{"tea"}, itemAdded{"rice"}} {
		r := repo
		if i == 3 {
			r = other
		}
		_, err := r.Upsert(t.Context(), "a", core.CommandFunc[bag](func(bag) ([]core.Event, error) { return []core.Event{e}, nil }))
		require.NoError(t, err, "a commit that is recorded is no error")
	}
	require.Contains(t, log.String(), "cached state not used any more")
	state, _, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, bag{map[string]int{"rice": 1}}, state)
	require.Contains(t, log.String(), "cached state not used, replaying events")
}

func TestCommandsOnACacheOfCopiesLeadToWhatAReplayGives(t *testing.T) {
	store, log := newSpy(), fakes.Log(t)
	wantBag(t, store, core.NewRepository(store, bags).WithCache(core.Cache[bag]{Size: 2, Copy: codec.Copier[bag](codec.JSON)}))
	require.Contains(t, log.String(), "state not cached")
	require.Equal(t, 1, countLines(log.String()), log.String())
}

func countLines(s string) (n int) {
	for _, c := range s {
		if c == '\n' {
			n++
		}
	}
	return n
}

// shaky panics when it is encoded.
type shaky struct{ N int }

func (s shaky) MarshalJSON() ([]byte, error) { panic("not today") }
func (s *shaky) UnmarshalJSON([]byte) error  { panic("not today") }

func TestPanicOfAStateThatIsEncodedFailsNoCommand(t *testing.T) {
	store, snaps, log := newSpy(), fakes.NewSnapshots(), fakes.Log(t)
	g := core.DefineAggregate("account", core.On(func(s *shaky, e fundsDeposited) { s.N += int(e.Amount) }))
	repo := core.NewRepository(store, g).WithSnapshots(snaps)
	update := func() error {
		_, err := repo.Upsert(t.Context(), "a", core.CommandFunc[shaky](func(shaky) ([]core.Event, error) {
			return []core.Event{fundsDeposited{1}}, nil
		}))
		return err
	}
	require.NoError(t, update())
	require.Contains(t, log.String(), "panic: not today")
	snaps.Stored[fakes.AccountKey(store.StoreID(), "a")] = core.Snapshot[uint64]{Position: 1, State: []byte(`1`)}
	require.NoError(t, update())
	require.Equal(t, 2, store.events(t))
}
