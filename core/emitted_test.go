package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

type (
	// misnamed has the kind of another event.
	misnamed struct{ Sum string }
	// centsDeposited is what a deposit was once.
	centsDeposited struct{ Cents int64 }
)

func (misnamed) EventKind() string       { return fundsDeposited{}.EventKind() }
func (centsDeposited) EventKind() string { return "account.cents-deposited" }

// EventHistory tells of deposits in cents. The step panics for 13.
func (fundsDeposited) EventHistory() core.History {
	return core.History{core.Was("account.cents-deposited", func(old centsDeposited) fundsDeposited {
		unlucky(old.Cents)
		return fundsDeposited{old.Cents / 100}
	})}
}

func TestACommandEmitsOnlyWhatCanBeReadBack(t *testing.T) {
	versioned := core.DefineAggregate("account", core.On((*account).deposited))
	store := memory.New[string, core.NoMetadata]()
	repo := core.NewRepository(store, versioned)
	create := func(event core.Event) error {
		_, err := repo.Create(t.Context(), "a", core.CommandFunc[account](func(account) ([]core.Event, error) {
			return []core.Event{event}, nil
		}))
		return err
	}
	require.ErrorIs(t, create(misnamed{"5"}), core.ErrUnknownEvent, "another type")
	require.ErrorIs(t, create(centsDeposited{500}), core.ErrUnknownEvent, "an old kind")
	v, err := store.LatestVersion(t.Context())
	require.NoError(t, err)
	require.True(t, v.IsZero(), "nothing was written")
	require.NoError(t, create(&fundsDeposited{5}), "a pointer is as good as its value")
}
