package core_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
)

var errUnlucky = errors.New("unlucky")

// unlucky panics for the amount 13.
func unlucky(amount int64) {
	if amount == 13 {
		panic(errUnlucky)
	}
}

// readable is an event as it was when it was committed: it could be decoded.
type readable struct{}

func (readable) EventKind() string { return "account.garbled" }

// garbled is the same event later: its decoding panics.
type garbled struct{}

func (garbled) EventKind() string           { return "account.garbled" }
func (*garbled) UnmarshalJSON([]byte) error { panic(errUnlucky) }

// fragile is an account whose functions panic in each place where they can.
var fragile = core.DefineAggregate("account",
	core.On((*account).opened),
	core.On(func(a *account, e fundsDeposited) {
		a.Balance += e.Amount
		unlucky(e.Amount)
	}),
	core.On(func(*account, garbled) {}),
)

func (a *account) opened(e accountOpened) { a.Owner = e.Owner }

func TestPanicOfAFoldIsAnErrorOfItsEvent(t *testing.T) {
	for name, event := range map[string]core.Event{"handler": fundsDeposited{13}, "upcast": centsDeposited{13}, "codec": readable{}} {
		for with, change := range map[string]func(*accountRepo) *accountRepo{
			"plain": func(r *accountRepo) *accountRepo { return r },
			"snapshots": func(r *accountRepo) *accountRepo {
				return r.WithSnapshots(memory.NewSnapshots[string, uint64](core.SnapshotEvery(1)))
			},
			"cache": func(r *accountRepo) *accountRepo { return r.WithCache(core.Cache[account]{Size: 9, Copy: copyAccount}) },
		} {
			t.Run(name+", "+with, func(t *testing.T) {
				store := memory.New[string, core.NoMetadata]()
				repo := change(core.NewRepository(store, fragile)).WithRetries(3)
				_, err := repo.Create(t.Context(), "a", openAccount{"ada"})
				require.NoError(t, err)
				coretest.Seed(t, store, accountKey("a"), event)

				_, _, err = repo.Load(t.Context(), "a")
				wantPanicAt2(t, err, "load account a", event)
				_, err = repo.Update(t.Context(), "a", deposit{1})
				wantPanicAt2(t, err, "update account a", event)
				_, err = repo.Create(t.Context(), "b", openAccount{"bob"})
				require.NoError(t, err, "another aggregate")
			})
		}
	}
}

func copyAccount(a account) (account, error) { return a, nil }

// wantPanicAt2 checks the error of an event at position 2 that led to a panic.
func wantPanicAt2(t *testing.T, err error, did string, event core.Event) {
	t.Helper()
	require.EqualError(t, err, did+": handle event at 2 ("+event.EventKind()+"): panic: unlucky")
	require.ErrorIs(t, err, errUnlucky)
	fault, ok := errors.AsType[*core.DecodeError](err)
	require.True(t, ok)
	require.Equal(t, "2", fault.Position)
	panicked, ok := errors.AsType[*core.PanicError](err)
	require.True(t, ok)
	require.Equal(t, any(errUnlucky), panicked.Value)
	require.Contains(t, string(panicked.Stack), "panic_test.go:", "where it panicked")
}

// A command whose events cannot be folded has been recorded; a load tells it.
func TestPanicOfAFoldAfterACommitDoesNotFailTheCommand(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	repo := core.NewRepository(store, fragile).WithCache(core.Cache[account]{Size: 9, Copy: copyAccount})
	for _, amount := range []int64{1, 13} {
		_, err := repo.Upsert(t.Context(), "a", deposit{amount})
		require.NoError(t, err)
	}
	_, _, err := repo.Load(t.Context(), "a")
	wantPanicAt2(t, err, "load account a", fundsDeposited{})
	state, v, err := core.NewRepository(store, accounts).Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, core.At(uint64(2)), v)
	require.Equal(t, int64(14), state.Balance)
}

// ends calls run in a goroutine, and returns whether run returned and what it
// panicked with.
func ends(t *testing.T, run func()) (returned bool, value any) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { value = recover() }()
		run()
		returned = true
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		require.FailNow(t, "it hangs")
	}
	return returned, value
}

// A command that panics or ends its goroutine does so for its caller, whether it is
// the first attempt or a retry, which holds the lock of its aggregate.
func TestPanicOfACommandGoesOnAndLeavesNothingLocked(t *testing.T) {
	defer goleak.VerifyNone(t)
	for name, fail := range map[string]func(){"panic": func() { panic(errUnlucky) }, "Goexit": runtime.Goexit} {
		for _, failing := range []int{1, 2, 3} {
			for with, cache := range map[string]bool{"plain": false, "cache": true} {
				t.Run(fmt.Sprintf("%s at attempt %d, %s", name, failing, with), func(t *testing.T) {
					store := memory.New[string, core.NoMetadata]()
					repo := core.NewRepository(store, accounts).WithRetries(9)
					if cache {
						repo = repo.WithCache(core.Cache[account]{Size: 9, Copy: copyAccount})
					}
					_, err := repo.Create(t.Context(), "a", openAccount{"ada"})
					require.NoError(t, err)
					var waiting sync.WaitGroup
					attempt := 0
					returned, value := ends(t, func() {
						_, _ = repo.Update(t.Context(), "a", decide(func(account) ([]core.Event, error) {
							if attempt++; attempt == failing {
								waiting.Go(func() {
									if _, err := repo.Update(t.Context(), "a", deposit{10}); err != nil {
										t.Error(err)
									}
								})
								fail()
							}
							coretest.Seed(t, store, accountKey("a"), fundsDeposited{100}) // a conflict
							return []core.Event{fundsDeposited{1}}, nil
						}))
					})
					require.False(t, returned)
					require.Equal(t, name == "panic", value == any(errUnlucky), "got %v", value)
					require.Equal(t, failing, attempt)

					returned, _ = ends(t, waiting.Wait)
					require.True(t, returned, "a command that waits gets its turn")
					returned, _ = ends(t, func() { _, err = repo.Update(t.Context(), "a", deposit{10}) })
					require.True(t, returned)
					require.NoError(t, err)
					state, _, err := repo.Load(t.Context(), "a")
					require.NoError(t, err)
					require.Equal(t, int64(100*(failing-1)+20), state.Balance)
				})
			}
		}
	}
}

// A fold may end its goroutine, as t.FailNow does. That is no panic.
func TestGoexitOfAFoldGoesOn(t *testing.T) {
	exits := core.DefineAggregate("account", core.On(func(*account, fundsDeposited) { runtime.Goexit() }))
	store := memory.New[string, core.NoMetadata]()
	coretest.Seed(t, store, accountKey("a"), fundsDeposited{1})
	repo := core.NewRepository(store, exits)
	for range 2 {
		returned, value := ends(t, func() { _, _, _ = repo.Load(t.Context(), "a") })
		require.False(t, returned)
		require.Nil(t, value)
	}
	_, err := core.NewRepository(store, accounts).Update(t.Context(), "a", deposit{1})
	require.NoError(t, err)
}

// Events that a program folds itself panic where they are folded.
func TestApplyPanicsAsItsHandlerDoes(t *testing.T) {
	require.PanicsWithValue(t, errUnlucky, func() { _ = fragile.Apply(new(account), fundsDeposited{13}) })
}

func TestPanicErrorIsOneShortLine(t *testing.T) {
	for value, want := range map[any]string{
		"unlucky":                      "panic: unlucky",
		13:                             "panic: 13",
		errUnlucky:                     "panic: unlucky",
		"two\nlines":                   "panic: two",
		strings.Repeat("é", 999):       "panic: " + strings.Repeat("é", 100) + "...",
		"a" + strings.Repeat("é", 999): "panic: a" + strings.Repeat("é", 99) + "...",
	} {
		err := &core.PanicError{Value: value, Stack: []byte("stack")}
		require.EqualError(t, err, want)
		require.Equal(t, value == any(errUnlucky), errors.Is(err, errUnlucky))
	}
}
