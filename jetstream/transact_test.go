package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// purse is what an account holds.
var purse = core.DefineAggregate("account",
	core.On(func(p *int, e deposited) { *p += e.Amount })).Ignore("account.opened")

type purses = core.Repository[int, string, uint64, core.NoMetadata]

// pay adds to a purse, or takes from it.
func pay(amount int) core.Command[int] {
	return core.CommandFunc[int](func(int) ([]core.Event, error) { return []core.Event{deposited{amount}}, nil })
}

var errPoor = errors.New("the pair has not enough")

// pairs lets many decide on two purses each and write to one: a pair must never owe.
type pairs struct {
	stores []*plainStore // each has a repository of its own, as two processes do
	repos  []*purses
	guards bool
	runs   atomic.Int64 // of functions, with those that were in conflict
}

const purseCount = 8

func newPairs(t *testing.T, replicas int, guards bool) *pairs {
	t.Helper()
	p := &pairs{guards: guards}
	cfg := fresh(replicas)
	for range 2 {
		s := openWith[string, core.NoMetadata](t, cfg)
		p.stores, p.repos = append(p.stores, s), append(p.repos, core.NewRepository(s, purse).
			WithCache(core.Cache[int]{Size: purseCount, Copy: func(n int) (int, error) { return n, nil }}))
	}
	for i := range purseCount {
		_, err := p.repos[0].Upsert(t.Context(), fmt.Sprint(i), pay(5))
		require.NoError(t, err)
	}
	return p
}

// step takes from one purse of a pair if both together have enough, or fills it.
func (p *pairs) step(ctx context.Context, n int) error {
	store, repo := p.stores[n%len(p.stores)], p.repos[n%len(p.repos)]
	a := rand.IntN(purseCount)
	one, other := fmt.Sprint(a), fmt.Sprint(a^1)
	amount := rand.IntN(12) - 8
	_, err := core.Transact(ctx, store, func(ctx context.Context, tx *core.Tx) error {
		p.runs.Add(1)
		load := func(id string) (state int, err error) {
			if p.guards || id == one {
				state, _, err = repo.In(tx).Load(ctx, id)
			} else {
				state, _, err = repo.Load(ctx, id) // nothing guards it
			}
			return state, err
		}
		mine, err := load(one)
		theirs, err2 := load(other)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if mine+theirs+amount < 0 {
			return errPoor
		}
		return repo.In(tx).Update(ctx, one, pay(amount))
	}, core.Retries(10_000))
	if errors.Is(err, errPoor) {
		return nil
	}
	return err
}

// violations counts the events after which a pair owes.
func (p *pairs) violations(t *testing.T) (n int) {
	t.Helper()
	has := make(map[string]int)
	for stored, err := range p.stores[0].LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		e, err := core.Decode[deposited](p.stores[0], stored)
		require.NoError(t, err)
		has[stored.Key.ID] += e.Amount
		if a := int(stored.Key.ID[0] - '0'); has[stored.Key.ID]+has[fmt.Sprint(a^1)] < 0 {
			n++
		}
	}
	return n
}

// run has writers make steps, until there is a violation if one is wanted.
func (p *pairs) run(t *testing.T, writers, each int, until func() bool) {
	t.Helper()
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for range each {
				if until() {
					return
				}
				if err := p.step(t.Context(), w); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestTransactionsBreakNoInvariant(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprintf("R%d", replicas), func(t *testing.T) {
			t.Parallel()
			p := newPairs(t, replicas, true)
			writers, each := soak(16, 64), soak(20, 2000)
			p.run(t, writers, each, func() bool { return false })
			require.Zero(t, p.violations(t))
			t.Logf("%d transactions, %d runs of their functions", writers*each, p.runs.Load())
		})
	}
}

// The same without guards is found to break it.
func TestTransactionsWithoutGuardsBreakInvariants(t *testing.T) {
	t.Parallel()
	p := newPairs(t, 1, false)
	for round := 0; p.violations(t) == 0; round++ {
		require.Less(t, round, 100, "no violation was found")
		p.run(t, 16, 20, func() bool { return false })
	}
}

type guestNamed struct{ Name string }

func (guestNamed) EventKind() string { return "guest.named" }

var guests = core.DefineAggregate("guest", core.On(func(name *string, e guestNamed) { *name = e.Name })).
	WithUnique("guest.name", func(name string) string { return name })

// call is a command that gives a guest a name.
func call(name string) core.Command[string] {
	return core.CommandFunc[string](func(string) ([]core.Event, error) { return []core.Event{guestNamed{name}}, nil })
}

// Of many that want one name, one gets it; others give it up, and swap.
func TestUniqueNameHasOneOwner(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprintf("R%d", replicas), func(t *testing.T) {
			t.Parallel()
			cfg := fresh(replicas)
			stores := []*plainStore{openWith[string, core.NoMetadata](t, cfg), openWith[string, core.NoMetadata](t, cfg)}
			racers := soak(16, 64)
			for value := range soak(6, 500) {
				name := fmt.Sprint("name-", value)
				var won atomic.Int64
				var winner atomic.Value
				var all sync.WaitGroup
				for racer := range racers {
					all.Go(func() {
						id := fmt.Sprintf("%d-%d", value, racer)
						_, err := core.NewRepository(stores[racer%2], guests).WithRetries(100).Upsert(t.Context(), id, call(name))
						switch {
						case err == nil:
							won.Add(1)
							winner.Store(id)
						case !errors.Is(err, core.ErrTaken):
							t.Error(err)
						}
					})
				}
				all.Wait()
				require.Equal(t, int64(1), won.Load())
				key, ok, err := core.Owner(t.Context(), stores[1], "guest.name", name)
				require.NoError(t, err)
				require.True(t, ok)
				require.Equal(t, winner.Load(), key.ID)
			}
			for fault, err := range core.CheckUnique(t.Context(), stores[0], guests) {
				require.NoError(t, err)
				require.Fail(t, fault.String())
			}
		})
	}
}
