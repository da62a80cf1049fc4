package core_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
)

// A price was text, then a number, then a number with a currency.
type (
	priceSetV1 struct{ Text string }
	priceSetV2 struct{ Cents int }
	priceSet   struct {
		Cents    int
		Currency string
	}

	price struct{ History []priceSet }
)

func (priceSetV1) EventKind() string { return "price.set.v1" }
func (priceSetV2) EventKind() string { return "price.set.v2" }
func (priceSet) EventKind() string   { return "price.set" }

// EventHistory tells of the two prices before.
func (priceSet) EventHistory() core.History {
	return core.History{core.Was("price.set.v2", priceV2to3), core.Was("price.set.v1", priceV1to2)}
}

func priceV1to2(old priceSetV1) priceSetV2 {
	units, _ := strconv.Atoi(old.Text)
	return priceSetV2{Cents: 100 * units}
}

func priceV2to3(old priceSetV2) priceSet { return priceSet{old.Cents, "EUR"} }

var prices = core.DefineAggregate("price",
	core.On((*price).set),
)

func (p *price) set(e priceSet) { p.History = append(p.History, e) }

var priceKey = core.Key[string]{Kind: "price", ID: "tea"}

func TestGenerationsOfAnEventLiveInOneStream(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	coretest.Seed(t, store, priceKey, priceSetV1{"3"}, priceSetV2{350}, priceSet{400, "USD"}, priceSetV1{"5"})
	repo := core.NewRepository(store, prices)
	state, v, err := repo.Load(t.Context(), "tea")
	require.NoError(t, err)
	require.Equal(t, core.At(uint64(4)), v)
	require.Equal(t, []priceSet{{300, "EUR"}, {350, "EUR"}, {400, "USD"}, {500, "EUR"}}, state.History)

	v, err = repo.Update(t.Context(), "tea", core.CommandFunc[price](func(p price) ([]core.Event, error) {
		return []core.Event{p.History[0]}, nil
	}))
	require.NoError(t, err)
	require.Equal(t, core.At(uint64(5)), v)
}

func TestOldEventsStayAsTheyWere(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	coretest.Seed(t, store, priceKey, priceSetV1{"3"})
	_, _, err := core.NewRepository(store, prices).Load(t.Context(), "tea")
	require.NoError(t, err)
	for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		require.Equal(t, "price.set.v1", stored.Kind)
		require.JSONEq(t, `{"Text":"3"}`, string(stored.Data))
	}
}

func TestEventThatDoesNotDecodeIsNamed(t *testing.T) {
	for _, kind := range prices.EventKinds() {
		store := memory.New[string, core.NoMetadata]()
		coretest.Seed(t, store, priceKey, priceSet{1, "EUR"}, coretest.Raw{Kind: kind, JSON: `[]`}, priceSet{2, "EUR"})
		_, err := core.NewRepository(store, prices).Upsert(t.Context(), "tea", core.CommandFunc[price](nil))
		fault, ok := errors.AsType[*core.DecodeError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, kind, fault.Kind)
		require.Equal(t, "2", fault.Position)
		require.ErrorContains(t, err, "upsert price tea: decode event at 2 ("+kind+"): ")
	}
}
