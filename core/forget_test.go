package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

type named struct{ Name string }

func (named) EventKind() string { return "person.named" }

type person struct{ Name string }

func (p person) Clone() person { return p }

// people are aggregates whose values read as others once a name is hidden.
func people(hidden *string) *core.Aggregate[person] {
	return core.DefineAggregate("person", core.On(func(p *person, e named) {
		if p.Name = e.Name; p.Name == *hidden {
			p.Name = ""
		}
	})).WithUnique("person.name", func(p person) string { return p.Name })
}

func nameIt(name string) core.Command[person] {
	return core.CommandFunc[person](func(person) ([]core.Event, error) { return []core.Event{named{name}}, nil })
}

func TestAStateIsDroppedAndWhatIsNoLongerUniqueIsReleased(t *testing.T) {
	store, hidden := memory.New[string, core.NoMetadata](), ""
	snapshots := memory.NewSnapshots[string, uint64](core.SnapshotEvery(1))
	r := core.NewRepository(store, people(&hidden)).WithSnapshots(snapshots).WithCache(core.Cache[person]{Size: 10})
	owned := func(name string) bool {
		_, taken, err := core.Owner(t.Context(), store, "person.name", name)
		require.NoError(t, err)
		return taken
	}
	for id, name := range map[string]string{"a": "ada", "b": "bob"} {
		_, err := r.Create(t.Context(), id, nameIt(name))
		require.NoError(t, err)
	}
	entries, err := r.UniqueEntries(t.Context(), "a")
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.NoError(t, r.ReleaseStaleUnique(t.Context(), "a", entries...))
	require.NoError(t, r.ReleaseStaleUnique(t.Context(), "a"))
	require.True(t, owned("ada"), "its state has it")

	hidden = "ada"
	p, _, err := r.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, "ada", p.Name, "as it was folded before")
	require.NoError(t, r.DropState(t.Context(), "a"))
	p, _, err = r.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Empty(t, p.Name)
	require.NoError(t, r.ReleaseStaleUnique(t.Context(), "b", entries...))
	require.True(t, owned("ada"), "it is not of b")
	require.NoError(t, r.ReleaseStaleUnique(t.Context(), "a", entries...))
	require.False(t, owned("ada"))
	require.True(t, owned("bob"))

	hidden = "bob"
	require.NoError(t, r.DropState(t.Context(), "b"))
	require.NoError(t, r.ReleaseStaleUnique(t.Context(), "b"), "without knowing which")
	require.False(t, owned("bob"))
	require.NoError(t, r.ReleaseStaleUnique(t.Context(), "nobody"))

	fixed := core.NewRepository(store, people(&hidden)).WithSnapshots(struct {
		core.SnapshotStore[string, uint64]
	}{snapshots})
	require.ErrorContains(t, fixed.DropState(t.Context(), "a"), "removes no snapshots")
}
