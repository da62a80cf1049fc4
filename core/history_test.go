package core_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
)

// told is an event whose history is what a test tells of it.
type told struct{ N int }

var tells core.History

func (told) EventKind() string          { return "told" }
func (told) EventHistory() core.History { return tells }

// What told was. A toldV2 tells of what it was itself.
type (
	toldV1 struct{ N int }
	toldV2 struct{ N int }
)

func (toldV2) EventHistory() core.History {
	return core.History{core.Was("told.v1", func(old toldV1) toldV2 { return toldV2(old) })}
}

func to2(old toldV1) toldV2       { return toldV2(old) }
func to3(old toldV2) told         { return told(old) }
func fromV1(old toldV1) told      { return told(old) }
func intoTwo(toldV1) []core.Event { return []core.Event{told{1}, told{2}} }
func back(e told) toldV1          { return toldV1(e) }
func number(n int) told           { return told{n} }
func textOf(string) int           { return 0 }
func onTold(func(*int, told)) (n []string) {
	return core.DefineAggregate("told", core.On(func(*int, told) {})).EventKinds()
}

func TestHistoryIsCheckedWhereItsEventIsUsed(t *testing.T) {
	defer func() { tells = nil }()
	for name, c := range map[string]struct {
		tells core.History
		want  string
	}{
		"a gap":                     {core.History{core.Was("told.text", textOf)}, `gap: kind "told.text" becomes a int, of which no step makes a core_test.told`},
		"a gap in the middle":       {core.History{core.Was("told.n", number), core.Was("told.v1", to2)}, `gap: kind "told.v1" becomes a core_test.toldV2, of which no step makes a core_test.told`},
		"a rename of nothing":       {core.History{core.Renamed("tale", "story")}, `gap: kind "tale" is renamed to "story", of which no step tells`},
		"a rename of itself":        {core.History{core.Renamed("tale", "tale")}, `cycle: kind "tale" is renamed to itself, by way of "tale"`},
		"a cycle of renames":        {core.History{core.Renamed("tale", "story"), core.Renamed("story", "tale")}, "cycle: kind "},
		"a cycle":                   {core.History{core.Was("a", func(int) string { return "" }), core.Was("b", textOf)}, `cycle: kind "a" becomes a int again and again`},
		"a cycle of today":          {core.History{core.Was("told.v1", fromV1), core.Was("b", back)}, `cycle: kind "b" is a core_test.told, the type of today: give what was recorded a type of its own`},
		"two ways of one kind":      {core.History{core.Was("a", fromV1), core.Was("a", to3)}, `step 2: two ways from kind "a"`},
		"two upcasts of one kind":   {core.History{core.Was("a", fromV1), core.Was("a", func(toldV1) told { return told{} })}, `step 2: two ways from kind "a"`},
		"two ways of one type":      {core.History{core.Was("a", fromV1), core.Was("b", to2)}, `step 2: two ways from a core_test.toldV1, of kind "a" and of kind "b"`},
		"a split and a way":         {core.History{core.Was("a", fromV1), core.Split("a", intoTwo)}, `step 2: two ways from kind "a"`},
		"the kind of today":         {core.History{core.Was("told", fromV1)}, `step 1: two ways from kind "told"`},
		"the kind of today renamed": {core.History{core.Renamed("told", "told.v1"), core.Was("told.v1", fromV1)}, `step 1: two ways from kind "told"`},
		"a kind renamed twice":      {core.History{core.Renamed("a", "told"), core.Renamed("a", "b"), core.Was("b", fromV1)}, `step 2: two ways from kind "a"`},
		"a kind and a rename":       {core.History{core.Renamed("a", "told"), core.Was("a", fromV1)}, `step 2: two ways from kind "a"`},
		"in the history of old":     {core.History{core.Was("told.v2", to3), core.Was("told.v1", fromV1)}, `step 2: two ways from kind "told.v1"`},
		"an old event of ours":      {core.History{core.Was("_void", fromV1)}, `step 1: event kind "_void": it begins with an underscore, which is reserved`},
		"no kind":                   {core.History{core.Renamed("", "told")}, `step 1: event kind "": it is empty`},
		"an empty step":             {core.History{{}}, "step 1 is empty: what Was, Renamed and Split return belongs into the method, not into a package variable"},
	} {
		t.Run(name, func(t *testing.T) {
			tells = c.tells
			defer func() {
				text := fmt.Sprint(recover())
				require.True(t, strings.HasPrefix(text, `core: history of event "told" (core_test.told): `+c.want), text)
			}()
			core.On(func(*int, told) {})
		})
	}
}

func TestHistoryMayBeToldInAnyOrderAndTwice(t *testing.T) {
	defer func() { tells = nil }()
	for name, c := range map[string]core.History{
		"newest first":      {core.Renamed("tale", "told.v1"), core.Was("told.v2", to3)},
		"oldest first":      {core.Was("told.v2", to3), core.Renamed("tale", "told.v1")},
		"by way of a name":  {core.Renamed("tale", "saga"), core.Renamed("saga", "told.v1"), core.Was("told.v2", to3)},
		"a step told twice": {core.Was("told.v2", to3), core.Was("told.v2", to3), core.Renamed("tale", "told.v1")},
	} {
		tells = c
		require.Subset(t, onTold(nil), []string{"tale", "told", "told.v1", "told.v2"}, name)
		last := core.DefineAggregate("told", core.On(func(n *int, e told) { *n = e.N }))
		for i, kind := range []string{"tale", "told.v1", "told.v2", "told"} {
			store, n := memory.New[string, core.NoMetadata](), i+1
			coretest.Seed(t, store, core.Key[string]{Kind: "told", ID: "a"}, coretest.Raw{Kind: kind, JSON: fmt.Sprintf(`{"N":%d}`, n)})
			state, _, err := core.NewRepository(store, last).Load(t.Context(), "a")
			require.NoError(t, err)
			require.Equal(t, n, state, kind)
		}
	}
}

// A method that is almost EventHistory would never be called.
type (
	badlyTold struct{}
	leftOut   struct{}
)

func (badlyTold) EventKind() string           { return "badly.told" }
func (*badlyTold) EventHistory() core.History { return nil }
func (leftOut) EventKind() string             { return "left.out" }
func (leftOut) EventHistory() []string        { return nil }

func TestHistoryThatNobodyWouldReadPanics(t *testing.T) {
	require.PanicsWithValue(t, `core: history of event "badly.told" (core_test.badlyTold): write it as func (badlyTold) EventHistory() core.History`, func() {
		core.On(func(*int, badlyTold) {})
	})
	require.PanicsWithValue(t, `core: history of event "left.out" (core_test.leftOut): write it as func (leftOut) EventHistory() core.History`, func() {
		core.KindsOf[leftOut]()
	})
	store := memory.New[string, core.NoMetadata]()
	_, err := core.Decode[leftOut](store, core.StoredEvent[string, uint64, core.NoMetadata]{})
	require.ErrorContains(t, err, "write it as func (leftOut)", "a call returns an error")
}

// taken claims to have been what a deposit was.
type taken struct{}

func (taken) EventKind() string { return "account.taken" }
func (taken) EventHistory() core.History {
	return core.History{core.Was("account.cents-deposited", func(centsDeposited) taken { return taken{} })}
}

func TestTwoEventsCannotHaveBeenOne(t *testing.T) {
	require.PanicsWithValue(t, `core: account: two handlers for event "account.cents-deposited"`, func() {
		core.DefineAggregate("account", core.On((*account).deposited), core.On(func(*account, taken) {}))
	})
}

func TestRenamedKindWithoutItsHistoryIsFoundByTheFirstLoad(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"}, coretest.Raw{Kind: "account.credited", JSON: `{"Amount":5}`})
	want := "load account a: decode event at 2 (account.credited): aggregate account: event has no handler: account.credited"
	_, _, err := core.NewRepository(store, accounts).Load(t.Context(), "a")
	require.ErrorIs(t, err, core.ErrUnknownEvent)
	require.EqualError(t, err, want)
	for _, g := range []*core.Aggregate[account]{accounts.Lenient(), accounts.Ignore("account.closed", "account.credited")} {
		state, version, err := core.NewRepository(store, g).Load(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, account{Owner: "ada"}, state)
		require.Equal(t, core.At(uint64(2)), version)
	}
	_, _, err = core.NewRepository(store, accounts.Ignore("account.closed")).Load(t.Context(), "a")
	require.EqualError(t, err, want)
	require.PanicsWithValue(t, `core: account: event "account.opened" is ignored and has a handler`, func() { accounts.Ignore("account.opened") })
	require.PanicsWithValue(t, `core: event kind "_void": it begins with an underscore, which is reserved`, func() { accounts.Ignore("_void") })
}

// The library's entries are no events of an aggregate.
func TestEntriesAreNoUnknownEvents(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	coretest.Seed(t, store, accountKey("a"), accountOpened{"ada"})
	store.TearNext(1)
	_, err := core.NewRepository(store, accounts).Update(t.Context(), "a", emits(fundsDeposited{1}, fundsDeposited{2}))
	require.ErrorIs(t, err, core.ErrUnknownOutcome)
	_, err = store.Commit(t.Context(), core.Commit[string, uint64, core.NoMetadata]{
		Unchecked: true, Entry: &core.Entry{Key: core.EntryKey{Kind: "_void", Name: "a"}, Kind: "void", Data: []byte("{}")},
	})
	require.NoError(t, err)
	_, err = core.NewRepository(store, accounts).Update(t.Context(), "a", deposit{1})
	require.NoError(t, err)
}
