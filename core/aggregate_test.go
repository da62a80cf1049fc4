package core_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

func TestAggregateKnowsItsKinds(t *testing.T) {
	require.Equal(t, "account", accounts.Kind())
	require.Equal(t, []string{"account.cents-deposited", "account.deposited", "account.opened"}, accounts.EventKinds())
	require.Equal(t, []string{"price.set", "price.set.v1", "price.set.v2"}, prices.EventKinds())
	require.Equal(t, "account", accounts.WithSchema(2).Kind())
}

func TestApplyFoldsValuesAndAddresses(t *testing.T) {
	var state account
	require.NoError(t, accounts.Apply(&state))
	require.NoError(t, accounts.Apply(&state, accountOpened{"ada"}, &fundsDeposited{5}, fundsDeposited{7}))
	require.Equal(t, account{"ada", 12}, state)
}

func TestApplyStopsAtAnEventWithoutHandler(t *testing.T) {
	for _, bad := range []core.Event{nil, accountClosed{}} {
		var state account
		err := accounts.Apply(&state, fundsDeposited{5}, bad, fundsDeposited{7})
		require.ErrorIs(t, err, core.ErrUnknownEvent)
		require.Equal(t, account{Balance: 5}, state)
	}
	err := accounts.Apply(new(account), accountClosed{})
	require.EqualError(t, err, "aggregate account: event has no handler: account.closed")
}

// impostor says that it is another kind of event.
type impostor struct{}

func (impostor) EventKind() string { return "account.opened" }

func TestApplyRefusesAnotherTypeOfTheKind(t *testing.T) {
	require.ErrorContains(t, accounts.Apply(new(account), impostor{}), "account.opened is a core_test.impostor, not a core_test.accountOpened")
}

func TestMistakesInADefinitionPanicAndNameThePlace(t *testing.T) {
	open := core.On(func(*account, accountOpened) {})
	define := func(kind string, handlers ...core.Handler[account]) func() {
		return func() { core.DefineAggregate(kind, handlers...) }
	}
	cases := map[string]struct {
		define func()
		want   string
	}{
		"two handlers for a kind": {
			define("account", open, open),
			`core: account: two handlers for event "account.opened"`,
		},
		"an aggregate without a kind": {define(""), `core: aggregate kind "": it is empty`},
		"an aggregate of ours":        {define("_account"), `core: aggregate kind "_account": it begins with an underscore, which is reserved`},
		"an event without a kind":     {define("account", core.On(func(*account, nameless) {})), `core: event kind "": it is empty`},
		"an event of ours":            {define("account", core.On(func(*account, reserved) {})), `core: event kind "_checkpoint": it begins with an underscore, which is reserved`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { require.PanicsWithValue(t, c.want, c.define) })
	}
}

// A function for events that have no kind is a mistake, and the panic says what to
// write.
func TestFunctionOfAPointerPanicsAndSaysWhatToWrite(t *testing.T) {
	for want, define := range map[string]func(){
		"core: handler takes a *core_test.accountOpened, and events are values: write func(state *State, e core_test.accountOpened)": func() {
			core.On(func(*account, *accountOpened) {})
		},
		"core: handler takes the interface core.Event: write one for each type of event, as func(state *State, e Opened)": func() {
			core.On(func(*account, core.Event) {})
		},
		"core: handler takes a *core_test.renamed, whose EventKind must not depend on the value: that of the zero value panics (runtime error: invalid memory address or nil pointer dereference)": func() {
			core.On(func(*account, *renamed) {})
		},
	} {
		require.PanicsWithValue(t, want, define)
	}
}

// renamed is an event whose kind depends on its value.
type renamed struct{ Kind string }

func (e *renamed) EventKind() string { return e.Kind }

// noticed is an event of which only a pointer is one.
type noticed struct{}

func (*noticed) EventKind() string { return "account.noticed" }

func TestNilPointerIsNoEvent(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	both := core.DefineAggregate("account", core.On((*account).deposited), core.On(func(*account, *noticed) {}))
	for _, c := range []struct {
		event core.Event
		want  string
	}{
		{(*fundsDeposited)(nil), "a nil *core_test.fundsDeposited, and events are values: write core_test.fundsDeposited{...}"},
		{(*noticed)(nil), "a nil *core_test.noticed: write &core_test.noticed{...}"},
	} {
		_, err := core.CommitEvents(t.Context(), store, accountKey("a"), []core.Event{fundsDeposited{1}, c.event}, core.NoMetadata{})
		fault, ok := errors.AsType[*core.EncodeError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, 1, fault.Index)
		require.EqualError(t, err, "commit to account a: encode event 1: event is "+c.want)

		_, err = core.NewRepository(store, both).Create(t.Context(), "a", emits(c.event))
		require.ErrorIs(t, err, core.ErrUnknownEvent)
		require.EqualError(t, err, "create account a: aggregate account: event has no handler: "+c.want)
		require.EqualError(t, both.Apply(new(account), c.event), "aggregate account: event has no handler: "+c.want)
	}
	v, err := store.LatestVersion(t.Context())
	require.NoError(t, err)
	require.True(t, v.IsZero(), "nothing was written")
}
