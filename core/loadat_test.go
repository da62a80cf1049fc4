package core_test

import (
	"context"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
)

func TestAggregateAtAVersionIsAsItWasThen(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	repo := core.NewRepository(store, accounts).WithSnapshots(fakes.NewSnapshots()).
		WithCache(core.Cache[account]{Size: 1, Copy: copyAccount})
	coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"}, fundsDeposited{1}) // 1, 2
	coretest.Seed(t, store, accountKey("b"), accountOpened{"bob"})                    // 3
	for range 2 {
		_, err := repo.Update(t.Context(), "a", deposit{2}) // 4, 5
		require.NoError(t, err)
	}
	coretest.Seed(t, store, accountKey("a"), coretest.Raw{Kind: "account.deposited", JSON: `[]`}) // 6
	for at, want := range map[uint64]struct {
		balance int64
		version uint64
	}{1: {0, 1}, 2: {1, 2}, 3: {1, 2}, 4: {3, 4}, 5: {5, 5}} {
		state, version, err := repo.LoadAt(t.Context(), "a", core.At(at))
		require.NoError(t, err, "at %d: what comes after is not looked at", at)
		require.Equal(t, account{"ada", want.balance}, state, "at %d", at)
		require.Equal(t, core.At(want.version), version, "at %d", at)
	}
	_, _, err := repo.LoadAt(t.Context(), "a", core.At(uint64(1000)))
	require.ErrorContains(t, err, "load account a: decode event at 6")
	for _, at := range []core.Version[uint64]{{}, core.At(uint64(2))} {
		_, _, err := repo.LoadAt(t.Context(), "b", at)
		require.ErrorIs(t, err, core.ErrNotFound)
	}
}

// orderless is a store whose positions have no order.
type orderless struct {
	core.EventStore[string, uint64, core.NoMetadata]
}

func TestAggregateAtAVersionOfItsOwnNeedsNoOrder(t *testing.T) {
	memory := memory.New[string, core.NoMetadata]()
	coretest.Seed(t, memory, accountKey("b"), accountOpened{"bob"})
	coretest.Seed(t, memory, accountKey("a"), accountOpened{"ada"}, fundsDeposited{1}, fundsDeposited{2})
	repo := core.NewRepository(orderless{memory}, accounts)
	state, version, err := repo.LoadAt(t.Context(), "a", core.At(uint64(3)))
	require.NoError(t, err)
	require.Equal(t, account{"ada", 1}, state)
	require.Equal(t, core.At(uint64(3)), version)
	_, _, err = repo.LoadAt(t.Context(), "a", core.At(uint64(1)))
	require.EqualError(t, err, "load account a: it was never at version 1, and the store has no order of positions")

	_, _, err = core.NewRepository[account, string, struct{}, core.NoMetadata](unordered{}, accounts).LoadAt(t.Context(), "a", core.At(struct{}{}))
	require.EqualError(t, err, "load account a: a version needs a store whose positions have an order")
}

// timed is a store whose events were recorded at other times.
type timed struct {
	*memory.Store[string, core.NoMetadata]
	times map[uint64]time.Time
}

func (s timed) LoadEvents(ctx context.Context, filters ...core.Filter[string, uint64]) iter.Seq2[core.StoredEvent[string, uint64, core.NoMetadata], error] {
	return func(yield func(core.StoredEvent[string, uint64, core.NoMetadata], error) bool) {
		for e, err := range s.Store.LoadEvents(ctx, filters...) {
			e.Time = s.times[e.Position]
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestAggregateAtATimeIsOfWholeCommitsWithoutAHole(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	store := timed{memory.New[string, core.NoMetadata](), map[uint64]time.Time{
		1: noon, 2: noon.Add(time.Minute), // one commit
		3: noon.Add(2 * time.Hour),
		4: noon.Add(time.Hour), // the clock was set back
	}}
	coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"}, fundsDeposited{1})
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{2})
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{4})
	repo := core.NewRepository(store, accounts)
	for after, want := range map[time.Duration]int64{0: 1, time.Minute: 1, time.Hour: 1, 2 * time.Hour: 7, 9 * time.Hour: 7} {
		state, _, err := repo.LoadAtTime(t.Context(), "a", noon.Add(after).In(time.FixedZone("", 3600)))
		require.NoError(t, err)
		require.Equal(t, want, state.Balance, "%v after noon", after)
	}
	_, _, err := repo.LoadAtTime(t.Context(), "a", noon.Add(-1))
	require.ErrorIs(t, err, core.ErrNotFound)
}

func TestEventsOfAnAggregateAreThoseOfToday(t *testing.T) {
	store := memory.New[string, string]()
	named := core.DefineAggregate("account", core.On((*account).opened), core.On((*account).deposited)).Ignore("account.closed")
	type userID string
	repo := core.NewRepositoryWithIDs(store, named, func(id userID) string { return strings.ToLower(string(id)) })
	coretest.SeedWith(t, store, accountKey("a"), "clerk", accountOpened{"ada"}, accountClosed{}, centsDeposited{500})
	coretest.SeedWith(t, store, accountKey("a"), "clerk", coretest.Raw{Kind: "account.lost", JSON: `{}`})
	var events []core.Event
	var failed error
	for e, err := range repo.Events(t.Context(), "A") {
		if failed = err; err != nil {
			continue
		}
		require.Equal(t, core.Key[userID]{Kind: "account", ID: "A"}, e.Key)
		require.Equal(t, "clerk", e.Metadata)
		events = append(events, e.Event)
	}
	require.Equal(t, []core.Event{accountOpened{"ada"}, fundsDeposited{5}}, events)
	require.EqualError(t, failed, "load account A: decode event at 4 (account.lost): aggregate account: event has no handler: account.lost")
	for e, err := range repo.Events(t.Context(), "A") {
		require.NoError(t, err)
		require.Equal(t, uint64(1), e.Position)
		break
	}
}
