package core_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
)

// basket is a state that holds a map: what is kept of it must not be shared.
type basket struct{ Lines map[string]int }

func (b basket) Clone() basket { return basket{maps.Clone(b.Lines)} }

type lineAdded struct {
	Item  string
	Count int
}

func (lineAdded) EventKind() string { return "basket.added" }

var baskets = core.DefineAggregate("basket", core.On(func(b *basket, e lineAdded) {
	if b.Lines == nil {
		b.Lines = make(map[string]int)
	}
	b.Lines[e.Item] += e.Count
}))

type addLine lineAdded

var errEmpty = errors.New("not so many")

func (c addLine) Handle(b basket) ([]core.Event, error) {
	if b.Lines[c.Item]+c.Count < 0 {
		return nil, errEmpty
	}
	if c.Count == 0 {
		return nil, nil
	}
	return []core.Event{lineAdded(c)}, nil
}

type basketRepo = core.Repository[basket, string, uint64, core.NoMetadata]

func (s *spy) baskets(size int) *basketRepo {
	return core.NewRepository(s, baskets).WithCache(core.Cache[basket]{Size: size})
}

func basketKey(id string) core.Key[string] { return core.Key[string]{Kind: "basket", ID: id} }

func wantLines(t *testing.T, repo *basketRepo, id string, want map[string]int) {
	t.Helper()
	b, _, err := repo.Load(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, want, b.Lines)
}

func TestACachedAggregateIsNotRead(t *testing.T) {
	store := newSpy()
	repo := store.baskets(10)
	_, err := repo.Create(t.Context(), "a", addLine{"x", 1})
	require.NoError(t, err)
	for i := range 5 {
		v, err := repo.Update(t.Context(), "a", addLine{"x", 1})
		require.NoError(t, err)
		require.Equal(t, core.At(uint64(i+2)), v)
	}
	_, err = repo.Upsert(t.Context(), "a", addLine{"y", 1})
	require.NoError(t, err)
	require.Empty(t, store.loads)
	wantLines(t, repo, "a", map[string]int{"x": 6, "y": 1})
	require.Equal(t, core.At(uint64(7)), store.loads[0].From, "a load reads what is new")
}

func TestCachedAggregateWithNewEventsIsReadFromItsVersionWithoutAConflict(t *testing.T) {
	store := newSpy()
	repo, other := store.baskets(10), core.NewRepository(store, baskets)
	for i := range 3 {
		_, err := other.Upsert(t.Context(), "a", addLine{"x", 10})
		require.NoError(t, err)
		loads, commits := len(store.loads), store.commits
		v, err := repo.Update(t.Context(), "a", addLine{"x", 1})
		require.NoError(t, err)
		require.Equal(t, core.At(uint64(2*i+2)), v)
		require.Len(t, store.loads, loads+1)
		if i > 0 {
			require.Equal(t, core.At(uint64(2*i)), store.loads[loads].From)
		}
		require.Equal(t, commits+1+min(i, 1), store.commits, "what is kept is tried first, then what was read")
	}
	wantLines(t, repo, "a", map[string]int{"x": 33})
}

func TestARefusalIsNotDecidedOnAnOldState(t *testing.T) {
	store := newSpy()
	repo, other := store.baskets(10), core.NewRepository(store, baskets)
	_, err := repo.Create(t.Context(), "a", addLine{"x", 1})
	require.NoError(t, err)
	_, err = repo.Update(t.Context(), "a", addLine{"x", -5})
	require.ErrorIs(t, err, errEmpty)
	_, err = other.Update(t.Context(), "a", addLine{"x", 9})
	require.NoError(t, err)
	v, err := repo.Update(t.Context(), "a", addLine{"x", -5})
	require.NoError(t, err)
	require.Equal(t, core.At(uint64(3)), v)

	_, err = other.Update(t.Context(), "a", addLine{"x", 1})
	require.NoError(t, err)
	v, err = repo.Update(t.Context(), "a", addLine{"x", 0})
	require.NoError(t, err)
	require.Equal(t, core.At(uint64(4)), v, "an answer without events is of the version that is current")
}

func TestCallersCannotChangeACachedState(t *testing.T) {
	store := newSpy()
	repo := store.baskets(10)
	_, err := repo.Create(t.Context(), "a", addLine{"x", 1})
	require.NoError(t, err)
	_, err = repo.Update(t.Context(), "a", core.CommandFunc[basket](func(b basket) ([]core.Event, error) {
		b.Lines["x"], b.Lines["stray"] = 99, 1
		return []core.Event{lineAdded{"x", 1}}, nil
	}))
	require.NoError(t, err)
	b, _, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	b.Lines["x"] = 98
	wantLines(t, repo, "a", map[string]int{"x": 2})
}

func TestCacheKeepsTheAggregatesUsedLast(t *testing.T) {
	store := newSpy()
	repo := store.baskets(2)
	for _, id := range []string{"a", "b", "c"} {
		_, err := repo.Create(t.Context(), id, addLine{"x", 1})
		require.NoError(t, err)
	}
	update := func(id string, reads int) {
		t.Helper()
		before := len(store.loads)
		_, err := repo.Update(t.Context(), id, addLine{"x", 1})
		require.NoError(t, err)
		require.Len(t, store.loads, before+reads, id)
	}
	update("b", 0)
	update("c", 0)
	update("b", 0)
	update("a", 1) // takes the place of c
	update("b", 0)
	update("c", 1)
}

func TestACachedCommandWithAnIDCountsOnce(t *testing.T) {
	store := newSpy()
	repo, other := store.baskets(10), store.baskets(10)
	ctx := core.WithCommandID(t.Context(), "one")
	_, err := repo.Create(t.Context(), "a", addLine{"x", 1})
	require.NoError(t, err)
	_, err = other.Update(t.Context(), "a", addLine{"x", 1})
	require.NoError(t, err)
	first, err := repo.Update(ctx, "a", addLine{"x", 5})
	require.NoError(t, err)
	again, err := repo.Update(ctx, "a", addLine{"x", 5})
	require.NoError(t, err)
	require.Equal(t, first, again)
	again, err = other.Update(ctx, "a", addLine{"x", 5})
	require.NoError(t, err, "on a state that is too old to know it")
	require.Equal(t, first, again)
	wantLines(t, repo, "a", map[string]int{"x": 7})
}

func TestCacheIsDroppedWhenTheStoreHasOtherEvents(t *testing.T) {
	store := newSpy()
	repo := store.baskets(10)
	for range 2 {
		_, err := repo.Upsert(t.Context(), "a", addLine{"x", 1})
		require.NoError(t, err)
	}
	store.Store = memory.New[string, core.NoMetadata]()
	coretest.Seed(t, store, basketKey("a"), lineAdded{"y", 1}, lineAdded{"y", 1}, lineAdded{"y", 1})
	wantLines(t, repo, "a", map[string]int{"y": 3})
	_, err := repo.Update(t.Context(), "a", addLine{"y", 1})
	require.NoError(t, err)
	wantLines(t, repo, "a", map[string]int{"y": 4})
}

func TestACacheAndSnapshotsGoTogether(t *testing.T) {
	store, snaps := newSpy(), fakes.NewSnapshots()
	repo := store.baskets(10).WithSnapshots(snaps)
	for range 7 {
		_, err := repo.Upsert(t.Context(), "a", addLine{"x", 1})
		require.NoError(t, err)
	}
	wantLines(t, core.NewRepository(store, baskets).WithSnapshots(snaps), "a", map[string]int{"x": 7})
	wantLines(t, repo, "a", map[string]int{"x": 7})
}

func TestUncheckedCommandsReadNewEvents(t *testing.T) {
	store := newSpy()
	repo := store.baskets(10)
	_, err := repo.Create(t.Context(), "a", addLine{"x", 1})
	require.NoError(t, err)
	for range 3 {
		_, err = repo.Unchecked().Update(t.Context(), "a", addLine{"x", 1})
		require.NoError(t, err)
	}
	require.Len(t, store.loads, 3)
	wantLines(t, repo, "a", map[string]int{"x": 4})
}

// unrecording is a store that does not tell what it recorded.
type unrecording struct {
	core.AtomicStore[string, uint64, core.NoMetadata]
}

func TestCacheWorksOnAStoreThatReturnsNoEvents(t *testing.T) {
	repo := core.NewRepository(unrecording{newSpy()}, baskets).WithCache(core.Cache[basket]{Size: 2})
	for range 4 {
		_, err := repo.Upsert(t.Context(), "a", addLine{"x", 1})
		require.NoError(t, err)
	}
	wantLines(t, repo, "a", map[string]int{"x": 4})
}

func TestAStateThatCannotBeCopiedIsNotKept(t *testing.T) {
	store := newSpy()
	copies := 0
	repo := core.NewRepository(store, baskets).WithCache(core.Cache[basket]{Size: 2, Copy: func(b basket) (basket, error) {
		if copies++; copies%2 == 0 {
			return basket{}, errors.New("no copy")
		}
		return b.Clone(), nil
	}})
	for range 8 {
		_, err := repo.Upsert(t.Context(), "a", addLine{"x", 1})
		require.NoError(t, err)
	}
	require.NotZero(t, copies)
	wantLines(t, core.NewRepository(store, baskets), "a", map[string]int{"x": 8})
}

func TestCacheConfigurationIsChecked(t *testing.T) {
	store := newSpy()
	require.PanicsWithValue(t, "core: cache of basket: Size is not positive", func() { store.baskets(0) })
	require.PanicsWithValue(t, "core: cache of account: the state has no method Clone, and Copy is nil", func() {
		store.repo().WithCache(core.Cache[account]{Size: 1})
	})
}

// Several repositories with caches, and one without, work on the same
// aggregates. Whatever they decide on, no line ever gets below zero, and what
// each of them loads is what a replay gives.
func TestRandomCommandsOnCachesLeadToWhatAReplayGives(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	store := memory.New[string, core.NoMetadata]()
	plain := core.NewRepository(store, baskets).WithRetries(1000)
	repos := []*basketRepo{plain}
	for _, size := range []int{1, 2, 10} {
		repos = append(repos, plain.WithCache(core.Cache[basket]{Size: size}))
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	sums := make(map[string]int) // guarded by mu
	for w := range 8 {
		rng := rand.New(rand.NewPCG(seed, uint64(w)))
		repo := repos[w%len(repos)]
		all.Go(func() {
			for range 200 {
				id := strconv.Itoa(rng.IntN(4))
				count := rng.IntN(9) - 4
				_, err := repo.Upsert(t.Context(), id, addLine{"x", count})
				if err != nil && !errors.Is(err, errEmpty) {
					t.Errorf("upsert: %v", err)
					return
				}
				if err == nil {
					mu.Lock()
					sums[id] += count
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	for id, sum := range sums {
		for i, repo := range repos {
			b, _, err := repo.Load(t.Context(), id)
			if errors.Is(err, core.ErrNotFound) && sum == 0 {
				continue
			}
			require.NoError(t, err)
			require.Equal(t, sum, b.Lines["x"], fmt.Sprintf("basket %s, repository %d", id, i))
		}
		total := 0
		key := basketKey(id)
		for e, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{Aggregate: &key}) {
			require.NoError(t, err)
			added, err := core.Decode[lineAdded](store, e)
			require.NoError(t, err)
			total += added.Count
			require.GreaterOrEqual(t, total, 0)
		}
	}
}
