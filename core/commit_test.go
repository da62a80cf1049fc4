package core_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

type opened struct{ Owner string }

func (opened) EventKind() string { return "account.opened" }

type nameless struct{}

func (nameless) EventKind() string { return "" }

type reserved struct{}

func (reserved) EventKind() string { return "_checkpoint" }

type commit = core.Commit[string, uint64, core.NoMetadata]

func accountKey(id string) core.Key[string] { return core.Key[string]{Kind: "account", ID: id} }

func TestCheckKind(t *testing.T) {
	for _, kind := range []string{"account", "account.opened", "a_b", "*", " ", "é"} {
		require.NoError(t, core.CheckKind("event kind", kind), "%q", kind)
	}
	for _, kind := range []string{"", "_", "_checkpoint"} {
		err := core.CheckKind("event kind", kind)
		require.ErrorIs(t, err, core.ErrName, "%q", kind)
		require.ErrorContains(t, err, "event kind")
	}
}

func TestValidateFindsTheFirstMistake(t *testing.T) {
	require.NoError(t, commit{Key: accountKey("1"), Events: []core.Event{opened{}}}.Validate())
	require.NoError(t, commit{Key: accountKey(""), Events: []core.Event{opened{}}}.Validate())
	require.ErrorIs(t, commit{Key: accountKey("1"), Unchecked: true}.Validate(), core.ErrNoEvents)
	require.NoError(t, commit{Key: accountKey("1")}.Validate(), "it is a guard")
	require.ErrorIs(t, commit{Events: []core.Event{opened{}}}.Validate(), core.ErrName)
	require.ErrorIs(t, commit{Key: core.Key[string]{Kind: "_lease"}, Events: []core.Event{opened{}}}.Validate(), core.ErrName)

	for bad, kind := range map[core.Event]string{nil: "", nameless{}: "", reserved{}: "_checkpoint"} {
		err := commit{Key: accountKey("1"), Events: []core.Event{opened{}, bad, nil}}.Validate()
		fault, ok := errors.AsType[*core.EncodeError](err)
		require.True(t, ok, "%T", bad)
		require.Equal(t, 1, fault.Index)
		require.Equal(t, kind, fault.Kind)
		require.Equal(t, bad != nil, errors.Is(err, core.ErrName))
	}
}

func TestValidateAllSaysWhichCommit(t *testing.T) {
	good := func(id string) commit { return commit{Key: accountKey(id), Events: []core.Event{opened{}}} }
	require.NoError(t, core.ValidateAll([]commit{good("1"), good("2")}))
	require.ErrorIs(t, core.ValidateAll[string, uint64, core.NoMetadata](nil), core.ErrNoEvents)

	cases := map[string]struct {
		last  commit
		cause error
	}{
		"the same aggregate": {good("2"), core.ErrSameAggregate},
		"no events":          {commit{Key: accountKey("3"), Unchecked: true}, core.ErrNoEvents},
		"a reserved kind":    {commit{Key: accountKey("3"), Events: []core.Event{reserved{}}}, core.ErrName},
	}
	for name, c := range cases {
		err := core.ValidateAll([]commit{good("1"), good("2"), c.last})
		fault, ok := errors.AsType[*core.CommitError](err)
		require.True(t, ok, name)
		require.Equal(t, 2, fault.Index, name)
		require.ErrorIs(t, err, c.cause, name)
	}
}

func TestEventIDTellsEventsApart(t *testing.T) {
	id := func(position uint64, info core.CommitInfo) string {
		return core.Envelope[string, uint64, core.NoMetadata]{Position: position, Commit: info}.EventID()
	}
	require.Equal(t, "C/0", id(1, core.CommitInfo{ID: "C", Count: 2}))
	require.Equal(t, "C/1", id(2, core.CommitInfo{ID: "C", Index: 1, Count: 2}))
	require.Equal(t, "C/2", id(3, core.CommitInfo{ID: "C", Count: 1, Offset: 2}))
	require.Equal(t, "@7", id(7, core.CommitInfo{}))
}

func TestKeyReadsAsKindAndID(t *testing.T) {
	require.Equal(t, "account ACC-001", accountKey("ACC-001").String())
}
