package core_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
)

var errFunds = errors.New("not enough funds")

// move is a transfer between two accounts, as a transaction.
func move(repo *accountRepo, from, to string, amount int64) func(context.Context, *core.Tx) error {
	return func(ctx context.Context, tx *core.Tx) error {
		a, _, err := repo.In(tx).Load(ctx, from)
		if err != nil {
			return err
		}
		if a.Balance < amount {
			return errFunds
		}
		if err := repo.In(tx).Update(ctx, from, emits(fundsDeposited{-amount})); err != nil {
			return err
		}
		return repo.In(tx).Upsert(ctx, to, deposit{amount})
	}
}

func (s *spy) balance(t *testing.T, id string) int64 {
	t.Helper()
	a, _, err := s.repo().Load(t.Context(), id)
	require.NoError(t, err)
	return a.Balance
}

func TestTransactionIsOneCommit(t *testing.T) {
	store := newSpy()
	coretest.Seed(t, store.Store, accountKey("a"), fundsDeposited{10})
	v, err := core.Transact(t.Context(), store, move(store.repo(), "a", "b", 4))
	require.NoError(t, err)
	require.Equal(t, core.At(uint64(3)), v)
	require.Equal(t, 1, store.commits)
	require.Equal(t, []int64{6, 4}, []int64{store.balance(t, "a"), store.balance(t, "b")})

	_, err = core.Transact(t.Context(), store, move(store.repo(), "a", "b", 7))
	require.Equal(t, errFunds, err, "errors of the function are returned as they are")
	_, err = core.Transact(t.Context(), store, move(store.repo(), "z", "b", 7))
	require.ErrorIs(t, err, core.ErrNotFound)
	require.ErrorContains(t, err, "load account z")
	require.Equal(t, 3, store.events(t))
	require.Equal(t, 1, store.commits)
}

func TestCommandSeesTheOnesBeforeIt(t *testing.T) {
	store := newSpy()
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{10})
	var seen []int64
	look := func(amount int64) decide {
		return func(a account) ([]core.Event, error) {
			seen = append(seen, a.Balance)
			return []core.Event{fundsDeposited{amount}, fundsDeposited{amount}}, nil
		}
	}
	_, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
		accounts := store.repo().In(tx)
		if err := errors.Join(accounts.Update(ctx, "a", look(1)), accounts.Update(ctx, "a", look(2)), accounts.Create(ctx, "b", look(5))); err != nil {
			return err
		}
		a, v, err := accounts.Load(ctx, "a")
		require.Equal(t, core.At(uint64(1)), v, "the version is that of the store")
		seen = append(seen, a.Balance)
		b, v, err2 := accounts.Load(ctx, "b")
		require.True(t, v.IsZero())
		seen = append(seen, b.Balance)
		return errors.Join(err, err2, accounts.Update(ctx, "b", look(1)))
	})
	require.NoError(t, err)
	require.Equal(t, []int64{10, 12, 0, 16, 10, 10}, seen)
	require.Equal(t, []int64{16, 12}, []int64{store.balance(t, "a"), store.balance(t, "b")})
}

type (
	listed struct{ Items []string }
	list   struct{ Items []string }
)

func (listed) EventKind() string { return "list.listed" }

// An event may share memory with the state that a command was given, and a handler may
// change its state: what is recorded is what the command has emitted.
func TestEventsShareNothingWithTheState(t *testing.T) {
	lists := core.DefineAggregate("list", core.On(func(l *list, e listed) {
		l.Items = append(l.Items[:0], e.Items...)
		for i := range l.Items {
			l.Items[i] += "!"
		}
	}))
	store := memory.New[string, core.NoMetadata]()
	repo := core.NewRepository(store, lists)
	given := listed{[]string{"a", "b"}}
	_, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
		again := core.CommandFunc[list](func(l list) ([]core.Event, error) {
			if l.Items == nil {
				return []core.Event{given}, nil
			}
			return []core.Event{listed(l)}, nil
		})
		return errors.Join(repo.In(tx).Create(ctx, "x", again), repo.In(tx).Update(ctx, "x", again), repo.In(tx).Update(ctx, "x", again))
	})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, given.Items)
	key := core.Key[string]{Kind: "list", ID: "x"}
	var recorded [][]string
	for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{Aggregate: &key}) {
		require.NoError(t, err)
		e, err := core.Decode[listed](store, stored)
		require.NoError(t, err)
		recorded = append(recorded, e.Items)
	}
	require.Equal(t, [][]string{{"a", "b"}, {"a!", "b!"}, {"a!!", "b!!"}}, recorded)
}

func TestEverythingThatWasReadIsGuarded(t *testing.T) {
	for name, read := range map[string]struct {
		id   string
		read func(ctx context.Context, accounts core.InTx[account, string, uint64, core.NoMetadata], id string) error
	}{
		"loaded": {"a", func(ctx context.Context, accounts core.InTx[account, string, uint64, core.NoMetadata], id string) error {
			_, _, err := accounts.Load(ctx, id)
			return err
		}},
		"not found": {"c", func(ctx context.Context, accounts core.InTx[account, string, uint64, core.NoMetadata], id string) error {
			_, _, err := accounts.Load(ctx, id)
			if errors.Is(err, core.ErrNotFound) {
				return nil
			}
			return err
		}},
		"a command without events": {"a", func(ctx context.Context, accounts core.InTx[account, string, uint64, core.NoMetadata], id string) error {
			return accounts.Update(ctx, id, emits())
		}},
		"a command that refused": {"a", func(ctx context.Context, accounts core.InTx[account, string, uint64, core.NoMetadata], id string) error {
			_ = accounts.Update(ctx, id, refuses(errAmount))
			return nil
		}},
	} {
		for _, retries := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s, %d retries", name, retries), func(t *testing.T) {
				store := newSpy()
				coretest.Seed(t, store, accountKey("a"), fundsDeposited{10})
				runs := 0
				_, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
					accounts := store.repo().In(tx)
					if err := read.read(ctx, accounts, read.id); err != nil {
						return err
					}
					if runs++; runs == 1 {
						coretest.Seed(t, store.Store, accountKey(read.id), fundsDeposited{1})
					}
					return accounts.Upsert(ctx, "b", deposit{1})
				}, core.Retries(retries))
				require.Equal(t, retries+1, runs)
				if retries > 0 {
					require.NoError(t, err)
					require.Equal(t, int64(1), store.balance(t, "b"))
					return
				}
				require.ErrorIs(t, err, core.ErrConflict)
				require.ErrorContains(t, err, "account "+read.id)
				require.Equal(t, 2, store.events(t))
			})
		}
	}
}

func TestTransactionWithoutEventsWritesNothing(t *testing.T) {
	store := newSpy()
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{10})
	store.commits = 0
	v, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
		_, _, err := store.repo().In(tx).Load(ctx, "a")
		return errors.Join(err, store.repo().In(tx).Update(ctx, "a", emits()))
	})
	require.NoError(t, err)
	require.True(t, v.IsZero())
	require.Zero(t, store.commits)
	v, err = core.Transact(t.Context(), store, func(context.Context, *core.Tx) error { return nil })
	require.NoError(t, err)
	require.True(t, v.IsZero())
}

// States that were read one after the other may not belong together: neither a refusal
// nor an answer is believed on them.
func TestFunctionIsNotBelievedOnStatesOfTwoMoments(t *testing.T) {
	for name, result := range map[string]error{"a refusal": errFunds, "an answer": nil} {
		t.Run(name, func(t *testing.T) {
			store := newSpy()
			coretest.Seed(t, store, accountKey("a"), fundsDeposited{10})
			coretest.Seed(t, store, accountKey("b"), fundsDeposited{10})
			var sums []int64
			_, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
				a, _, err := store.repo().In(tx).Load(ctx, "a")
				if len(sums) == 0 {
					_, err := core.Transact(t.Context(), store.Store, move(store.repo(), "a", "b", 5))
					require.NoError(t, err)
				}
				b, _, err2 := store.repo().In(tx).Load(ctx, "b")
				sums = append(sums, a.Balance+b.Balance)
				return errors.Join(err, err2, result)
			})
			require.ErrorIs(t, err, result)
			require.Equal(t, []int64{25, 20}, sums)
		})
	}
}

// What a cache has kept may be old. A result that comes of it is no attempt.
func TestTransactionOnCachedStates(t *testing.T) {
	store := newSpy()
	cached := store.repo().WithCache(core.Cache[account]{Size: 9, Copy: func(a account) (account, error) { return a, nil }})
	for _, id := range []string{"a", "b"} {
		_, err := cached.Upsert(t.Context(), id, deposit{10})
		require.NoError(t, err)
	}
	loads := len(store.loads)
	_, err := core.Transact(t.Context(), store, move(cached, "a", "b", 1), core.Retries(0))
	require.NoError(t, err)
	require.Len(t, store.loads, loads, "nothing was read")
	_, err = core.Transact(t.Context(), store, move(cached, "a", "b", 1), core.Retries(0))
	require.NoError(t, err)
	require.Len(t, store.loads, loads, "the new states were kept")

	coretest.Seed(t, store, accountKey("a"), fundsDeposited{100})
	_, err = core.Transact(t.Context(), store, move(cached, "a", "b", 50), core.Retries(0))
	require.NoError(t, err, "a refusal on an old state")
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{100})
	_, err = core.Transact(t.Context(), store, move(cached, "a", "b", 1), core.Retries(0))
	require.NoError(t, err, "a commit on an old state")
	_, err = core.Transact(t.Context(), store, move(cached, "a", "b", 1000), core.Retries(0))
	require.ErrorIs(t, err, errFunds)
	require.Equal(t, int64(210-53), store.balance(t, "a"))
}

func TestTransactionOffersSnapshots(t *testing.T) {
	store, snaps := newSpy(), fakes.NewSnapshots()
	repo := store.repo().WithSnapshots(snaps)
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{10})
	_, err := core.Transact(t.Context(), store, move(repo, "a", "b", 1))
	require.NoError(t, err)
	loads := len(store.loads)
	for _, id := range []string{"a", "b"} {
		_, _, err := repo.Load(t.Context(), id)
		require.NoError(t, err)
	}
	for _, f := range store.loads[loads:] {
		require.False(t, f.From.IsZero(), "it was read from a snapshot")
	}
}

func TestCreateInATransaction(t *testing.T) {
	store := newSpy()
	create := func(ids ...string) error {
		_, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
			for _, id := range ids {
				if err := store.repo().In(tx).Create(ctx, id, openAccount{"ada"}); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	}
	require.NoError(t, create("a", "b"))
	require.ErrorIs(t, create("c", "a"), core.ErrExists)
	require.ErrorIs(t, create("d", "d"), core.ErrExists)
	require.Equal(t, 2, store.events(t))
}

// slowMemory is a memory store whose commits take a while.
type slowMemory struct {
	*memory.Store[string, core.NoMetadata]
}

func (s slowMemory) Commit(ctx context.Context, commits ...core.Commit[string, uint64, core.NoMetadata]) ([]core.Committed[string, uint64, core.NoMetadata], error) {
	time.Sleep(10 * time.Millisecond)
	return s.Store.Commit(ctx, commits...)
}

// Transactions of one process that were in conflict take turns.
func TestTransactionsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := slowMemory{memory.New[string, core.NoMetadata]()}
		rooms := core.NewRepository(store, accounts)
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				_, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
					return errors.Join(rooms.In(tx).Upsert(ctx, "room", deposit{1}), rooms.In(tx).Upsert(ctx, fmt.Sprint("guest-", i%7), deposit{1}))
				}, core.Retries(8))
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		a, _, err := rooms.Load(t.Context(), "room")
		require.NoError(t, err)
		require.Equal(t, int64(64), a.Balance)
	})
}
