package sealed_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// signedOn is told under another name today, and its payload is as it was.
type signedOn registered

func (signedOn) EventKind() string { return "customer.signed-on" }

func (signedOn) EventHistory() core.History {
	return core.History{core.Renamed(registered{}.EventKind(), "customer.signed-on")}
}

// What was sealed for a kind is read by the history of the kind that has its place.
func TestSealedEventOfARenamedKindIsReadByItsHistory(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.fill(t)
		today := core.NewRepository(w.store, core.DefineAggregate("customer", core.On(func(c *customer, e signedOn) { c.Email = e.Email })).Lenient())
		c, _, err := today.Load(t.Context(), "C-1")
		require.NoError(t, err)
		require.Equal(t, "secret-C-1@example.com", c.Email)
	})
}
