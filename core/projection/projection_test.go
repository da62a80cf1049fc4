package projection_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

func TestProjectionFoldsTheEventsOfAllAggregates(t *testing.T) {
	store := newBank()
	require.Equal(t, ledger{}, loadLedger(t, store, ledgers))
	coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"}, fundsDeposited{1})
	coretest.Seed(t, store, bankKey{Kind: "branch", ID: "eu"}, fundsDeposited{2})
	pay(t, store, "b", 4)
	visits(t, store, "a")
	pay(t, store, "a", 8)
	want := ledger{15, []string{"ada"}, []int64{1, 2, 4, 8}, map[string]int64{"a": 9, "eu": 2, "b": 4}}
	require.Equal(t, want, loadLedger(t, store, ledgers))
	require.Equal(t, "ledger", ledgers.Kind())
}

func TestScopeSelectsAggregates(t *testing.T) {
	store := newBank()
	for i, id := range []string{"a", "b", "c", "a", "b", "c"} {
		pay(t, store, id, 1<<i)
	}
	coretest.Seed(t, store, bankKey{Kind: "branch", ID: "a"}, fundsDeposited{64})
	for i, id := range []string{"a", "b", "c"} {
		coretest.Seed(t, store, accountKey(id), accountOpened{text(i)})
	}
	opened, deposited := projection.On((*ledger).opened), projection.On((*ledger).deposited)
	a, b, none := accountKey("a"), accountKey("b"), accountKey("none")
	define := func(handlers ...ledgerHandler) *ledgerProjection { return projection.Define("ledger", handlers...) }

	for name, c := range map[string]struct {
		projection *ledgerProjection
		owners     []string
		amounts    []int64
	}{
		"all":                          {define(opened, deposited), []string{"0", "1", "2"}, []int64{1, 2, 4, 8, 16, 32, 64}},
		"one kind":                     {define(deposited), nil, []int64{1, 2, 4, 8, 16, 32, 64}},
		"one aggregate":                {define(opened, deposited).Of(a), []string{"0"}, []int64{1, 8}},
		"two aggregates":               {define(opened, deposited).Of(b, a), []string{"0", "1"}, []int64{1, 2, 8, 16}},
		"one aggregate named twice":    {define(opened, deposited).Of(a, a), []string{"0"}, []int64{1, 8}},
		"the same id of another kind":  {define(deposited).Of(bankKey{Kind: "branch", ID: "a"}), nil, []int64{64}},
		"an aggregate without events":  {define(opened, deposited).Of(none), nil, nil},
		"no aggregates":                {define(opened, deposited).Of(), nil, nil},
		"a kind of one, a kind of all": {define(opened, deposited.Of(b)), []string{"0", "1", "2"}, []int64{2, 16}},
		"a kind of each of two":        {define(opened.Of(a), deposited.Of(b)), []string{"0"}, []int64{2, 16}},
		"handlers that share a kind":   {define(deposited.Of(a), deposited.Of(b)), nil, []int64{1, 2, 8, 16}},
		"a handler of none":            {define(opened.Of(), deposited.Of(a)), nil, []int64{1, 8}},
		"a handler keeps its own":      {define(opened, deposited.Of(b)).Of(a), []string{"0"}, []int64{2, 16}},
		"the later scope of a handler": {define(deposited.Of(a).Of(b)), nil, []int64{2, 16}},
		"the first scope of the whole": {define(deposited).Of(a).Of(b), nil, []int64{1, 8}},
		"nothing at all":               {define(), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			state := loadLedger(t, store, c.projection)
			require.Equal(t, c.owners, state.Owners)
			require.Equal(t, c.amounts, state.Amounts)
		})
	}
}

// Handlers of one kind for different aggregates do different things.
func TestEachAggregateCanHaveAHandlerOfItsOwn(t *testing.T) {
	store := newBank()
	pay(t, store, "a", 1, 2)
	pay(t, store, "b", 4)
	fees := projection.On(func(l *ledger, e stored[fundsDeposited]) { l.Total -= e.Event.Amount }).Of(accountKey("b"))
	p := projection.Define("ledger", projection.On((*ledger).deposited).Of(accountKey("a")), fees)
	require.Equal(t, int64(-1), loadLedger(t, store, p).Total)
}

// granted is an event that claims to have been a deposit.
type granted struct{}

func (granted) EventKind() string { return "account.granted" }

func (granted) EventHistory() core.History {
	return core.History{core.Was("account.deposited", func(fundsDeposited) granted { return granted{} })}
}

func TestTwoHandlersForTheSameEventsPanic(t *testing.T) {
	deposited := projection.On((*ledger).deposited)
	older := projection.On(func(*ledger, stored[granted]) {})
	a, b := accountKey("a"), accountKey("b")
	for name, handlers := range map[string][]ledgerHandler{
		"both of all":              {deposited, deposited},
		"one of all":               {deposited, deposited.Of(a)},
		"the other of all":         {deposited.Of(a), deposited},
		"of overlapping":           {deposited.Of(a, b), deposited.Of(b)},
		"the second is of old":     {deposited, older},
		"the second of old, apart": {deposited.Of(a), older.Of(b)}, // an event has one history
	} {
		t.Run(name, func(t *testing.T) {
			require.PanicsWithValue(t, `projection: ledger: two handlers for event "account.deposited"`, func() { projection.Define("ledger", handlers...) })
		})
	}
	require.NotPanics(t, func() { projection.Define("ledger", deposited.Of(a), deposited.Of(b)) })
	require.PanicsWithValue(t, `projection: projection kind "": it is empty`, func() { projection.Define[ledger, string, uint64, string]("") })
	require.PanicsWithValue(t, `projection: projection kind "_p": it begins with an underscore, which is reserved`, func() { projection.Define[ledger, string, uint64, string]("_p") })
	require.PanicsWithValue(t, `projection: event kind "": it is empty`, func() { projection.Define("ledger", projection.On(func(*ledger, stored[nameless]) {})) })
	require.PanicsWithValue(t, `projection: event kind "_checkpoint": it begins with an underscore, which is reserved`, func() {
		projection.Define("ledger", projection.On(func(*ledger, stored[reserved]) {}))
	})
}

func TestHandlerOfAPointerPanicsAndSaysWhatToWrite(t *testing.T) {
	require.PanicsWithValue(t, "projection: handler takes a *projection_test.fundsDeposited, and events are values: write func(state *State, e core.Recorded[projection_test.fundsDeposited, ID, Pos, M])", func() {
		projection.On(func(*ledger, stored[*fundsDeposited]) {})
	})
}

func TestProjectionTakesOldKindsOfAnEvent(t *testing.T) {
	store := newBank()
	coretest.Seed(t, store, priceKey, priceSetV1{"3"}, priceSetV2{350})
	coretest.Seed(t, store, bankKey{Kind: "price", ID: "milk"}, priceSet{400, "USD"}, priceSetV1{"5"})
	type history []string
	set := projection.On(func(h *history, e stored[priceSet]) {
		*h = append(*h, fmt.Sprint(e.Kind, " ", e.Key.ID, " ", e.Event.Cents, e.Event.Currency))
	})

	state, err := projection.Load(t.Context(), store, projection.Define("history", set))
	require.NoError(t, err)
	require.Equal(t, history{"price.set.v1 tea 300EUR", "price.set.v2 tea 350EUR", "price.set milk 400USD", "price.set.v1 milk 500EUR"}, state)
	state, err = projection.Load(t.Context(), store, projection.Define("history", set.Of(priceKey)))
	require.NoError(t, err)
	require.Equal(t, history{"price.set.v1 tea 300EUR", "price.set.v2 tea 350EUR"}, state)
}

func TestInitMakesAFirstStateForEachLoad(t *testing.T) {
	store := newBank()
	pay(t, store, "a", 5)
	calls := 0
	p := ledgers.WithInit(func() ledger {
		calls++
		return ledger{Total: 100, By: map[string]int64{"a": 1}}
	})
	for range 2 {
		state := loadLedger(t, store, p)
		require.Equal(t, int64(105), state.Total)
		require.Equal(t, map[string]int64{"a": 6}, state.By)
	}
	require.Equal(t, 2, calls)
	require.Equal(t, int64(5), loadLedger(t, store, ledgers).Total, "the projection itself is as it was")
}

func TestHandlerReceivesTheEnvelope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newBank()
		time.Sleep(time.Hour)
		committed, err := store.Commit(t.Context(), bankCommit{
			Key: accountKey("a"), Events: []core.Event{fundsDeposited{1}, fundsDeposited{2}}, Metadata: "ada", CommandID: "pay-7",
		})
		require.NoError(t, err)
		var given []stored[fundsDeposited]
		p := projection.Define("given", projection.On(func(_ *int, e stored[fundsDeposited]) { given = append(given, e) }))
		_, err = projection.Load(t.Context(), store, p)
		require.NoError(t, err)
		require.Len(t, given, 2)
		for i, e := range given {
			require.Equal(t, accountKey("a"), e.Key)
			require.Equal(t, "account.deposited", e.Kind)
			require.Equal(t, committed[0].Position-1+uint64(i), e.Position)
			require.Equal(t, time.Now().UTC().Round(0), e.Time)
			require.Equal(t, "ada", e.Metadata)
			require.Equal(t, "pay-7", e.CommandID)
			require.Equal(t, fundsDeposited{int64(i + 1)}, e.Event)
			require.Equal(t, core.CommitInfo{ID: e.Commit.ID, Index: i, Count: 2}, e.Commit)
		}
	})
}

func TestProjectionAtAVersionIsAsItWasThen(t *testing.T) {
	store := newBank()
	for i, id := range []string{"a", "b", "a", "b"} {
		pay(t, store, id, 1<<i)
		visits(t, store, id)
	}
	for v, want := range map[version]int64{{}: 0, at(1): 1, at(2): 1, at(3): 3, at(6): 7, at(7): 15, at(8): 15, at(1000): 15} {
		state, err := projection.LoadAt(t.Context(), store, ledgers, v)
		require.NoError(t, err)
		require.Equal(t, want, state.Total, "at %v", v)
	}
	state, err := projection.LoadAt(t.Context(), store, ledgers.Of(accountKey("b")), at(5))
	require.NoError(t, err)
	require.Equal(t, totalOf("b", 2), state)
	state, err = projection.LoadAt(t.Context(), store, ledgers.WithInit(func() ledger { return ledger{Total: 7} }), version{})
	require.NoError(t, err)
	require.Equal(t, int64(7), state.Total, "before the first event")
}

// What comes after the version is not looked at.
func TestProjectionAtAVersionDoesNotReadOn(t *testing.T) {
	store := newBank()
	pay(t, store, "a", 1)
	spoil(t, store, "a")
	state, err := projection.LoadAt(t.Context(), store, ledgers, at(1))
	require.NoError(t, err)
	require.Equal(t, totalOf("a", 1), state)
}

// steppingBack is a store whose clock is set back in the midst of its events.
type steppingBack struct {
	*memory.Store[string, string]
	times map[uint64]time.Time
}

func (s steppingBack) LoadEvents(ctx context.Context, filters ...bankFilter) bankEvents {
	return func(yield func(bankEvent, error) bool) {
		for e, err := range s.Store.LoadEvents(ctx, filters...) {
			e.Time = s.times[e.Position]
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestProjectionAtATimeComparesEachEvent(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	store := steppingBack{newBank(), map[uint64]time.Time{
		1: noon, 2: noon.Add(2 * time.Hour), 3: noon.Add(time.Hour), 4: noon.Add(2 * time.Hour), 5: noon.Add(3 * time.Hour),
	}}
	for i := range 5 {
		pay(t, store, "a", 1<<i)
	}
	for after, want := range map[time.Duration]int64{-1: 0, 0: 1, time.Hour: 5, time.Hour + 1: 5, 2 * time.Hour: 15, 3 * time.Hour: 31, 9 * time.Hour: 31} {
		state, err := projection.LoadAtTime(t.Context(), store, ledgers, noon.Add(after).In(time.FixedZone("", 3600)))
		require.NoError(t, err)
		require.Equal(t, want, state.Total, "%v after noon", after)
	}
}

func TestEventThatAProjectionCannotDecodeIsNamed(t *testing.T) {
	store := newBank()
	pay(t, store, "a", 1)
	spoil(t, store, "b")
	pay(t, store, "a", 2)
	for name, load := range map[string]func() (ledger, error){
		"now":      func() (ledger, error) { return projection.Load(t.Context(), store, ledgers) },
		"then":     func() (ledger, error) { return projection.LoadAt(t.Context(), store, ledgers, at(3)) },
		"at times": func() (ledger, error) { return projection.LoadAtTime(t.Context(), store, ledgers, time.Now()) },
		"from":     func() (ledger, error) { return projection.LoadFrom(t.Context(), store, fakes.NewSnapshots(), ledgers) },
	} {
		_, err := load()
		fault, ok := errors.AsType[*core.DecodeError](err)
		require.True(t, ok, "%s: %v", name, err)
		require.Equal(t, "account.deposited", fault.Kind)
		require.Equal(t, "account b", fault.Key)
		require.Equal(t, "2", fault.Position)
		require.ErrorContains(t, err, "load projection ledger: decode event at 2 (account.deposited of account b): ")
	}
	_, err := projection.Load(t.Context(), store, ledgers.Of(accountKey("a")))
	require.NoError(t, err, "it is none of this one's")
}

func TestLoadOfAProjectionEndsWithItsContext(t *testing.T) {
	ctx, cancel, cause := ended()
	defer cancel()
	store := newBank()
	pay(t, store, "a", 1)
	_, err := projection.Load(ctx, store, ledgers)
	require.ErrorIs(t, err, cause)
	_, err = projection.LoadFrom(ctx, store, fakes.NewSnapshots(), ledgers)
	require.ErrorIs(t, err, cause)
	require.EqualError(t, err, "load projection ledger: the office has closed")
}
