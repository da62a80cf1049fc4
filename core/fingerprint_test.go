package core_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
)

// dated is a command that holds when it was asked for: sent again, it has another value.
type dated struct {
	Amount, At int64
	said       string
}

func (c dated) CommandFingerprint() string { return c.said }

func (c dated) Handle(account) ([]core.Event, error) {
	return []core.Event{fundsDeposited{c.Amount}}, nil
}

func TestCommandIDBelongsToOneCommand(t *testing.T) {
	for name, c := range map[string]struct {
		first, second core.Command[account]
		same          bool
	}{
		"the same":                     {deposit{5}, deposit{5}, true},
		"the same by its address":      {deposit{5}, &deposit{5}, true},
		"another value":                {deposit{5}, deposit{6}, false},
		"another type":                 {deposit{5}, openAccount{"ada"}, false},
		"a function":                   {deposit{5}, emits(fundsDeposited{6}), true},
		"said to be the same":          {dated{5, 1, "pay"}, dated{5, 2, "pay"}, true},
		"said to be another one":       {dated{5, 1, "pay"}, dated{5, 1, "pay back"}, false},
		"says nothing":                 {dated{5, 1, "pay"}, dated{5, 2, ""}, true},
		"says what another's value is": {deposit{5}, dated{5, 1, "{\"Amount\":5}"}, false},
	} {
		for _, kept := range []string{"", "cache", "snapshot"} {
			t.Run(name+" "+kept, func(t *testing.T) {
				store := newSpy()
				repo := store.repo()
				switch kept {
				case "cache":
					repo = repo.WithCache(core.Cache[account]{Size: 1, Copy: func(a account) (account, error) { return a, nil }})
				case "snapshot":
					repo = repo.WithSnapshots(fakes.NewSnapshots())
				}
				ctx := core.WithCommandID(t.Context(), "1")
				first, err := repo.Upsert(ctx, "a", c.first)
				require.NoError(t, err)
				coretest.Seed(t, store, accountKey("a"), fundsDeposited{1})
				second, err := repo.Update(ctx, "a", c.second)
				_, err2 := repo.Create(ctx, "a", c.second)
				require.Equal(t, 2, store.events(t))
				if c.same {
					require.NoError(t, errors.Join(err, err2))
					require.Equal(t, first, second)
					return
				}
				for _, err := range []error{err, err2} {
					require.ErrorIs(t, err, core.ErrCommandID)
					fault, ok := errors.AsType[*core.CommandIDError](err)
					require.True(t, ok)
					require.Equal(t, "1", fault.ID)
				}
			})
		}
	}
}

func TestCommandThatCannotBeEncodedIsToldByItsType(t *testing.T) {
	store := newSpy()
	ctx := core.WithCommandID(t.Context(), "1")
	_, err := store.repo().Upsert(ctx, "a", channel{})
	require.NoError(t, err)
	_, err = store.repo().Upsert(ctx, "a", channel{make(chan int)})
	require.NoError(t, err)
	_, err = store.repo().Upsert(ctx, "a", deposit{1})
	require.ErrorIs(t, err, core.ErrCommandID)
	require.Equal(t, 1, store.events(t))
}

// channel is a command that has no JSON.
type channel struct{ C chan int }

func (channel) Handle(account) ([]core.Event, error) { return []core.Event{fundsDeposited{1}}, nil }

// A command that was recorded is answered as then, also if it would refuse by now.
func TestSecondCreateIsAnsweredBeforeItsRefusal(t *testing.T) {
	store := newSpy()
	ctx := core.WithCommandID(t.Context(), "1")
	first, err := store.repo().Create(ctx, "a", emits(accountOpened{"ada"}))
	require.NoError(t, err)
	again, err := store.repo().Create(ctx, "a", refuses(errAmount))
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = store.repo().Create(core.WithCommandID(ctx, "2"), "a", refuses(errAmount))
	require.ErrorIs(t, err, errAmount)
	_, err = store.repo().Create(core.WithCommandID(ctx, "2"), "b", refuses(errAmount))
	require.ErrorIs(t, err, errAmount)
}
