package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
)

type (
	memberNamed struct{ Email string }
	memberAged  struct{}
	member      struct {
		Email string
		Age   int
	}
	called string // a command that gives a member an address
)

func (memberNamed) EventKind() string { return "member.named" }
func (memberAged) EventKind() string  { return "member.aged" }

func (c called) Handle(member) ([]core.Event, error) {
	return []core.Event{memberNamed{string(c)}}, nil
}

const emails = "member.email"

var (
	plainMembers = core.DefineAggregate("member",
		core.On(func(m *member, e memberNamed) { m.Email = e.Email }),
		core.On(func(m *member, _ memberAged) { m.Age++ }))
	members = plainMembers.WithUnique(emails, func(m member) string { return strings.ToLower(m.Email) })
)

type memberRepo = core.Repository[member, string, uint64, core.NoMetadata]

func newMembers() (*memory.Store[string, core.NoMetadata], *memberRepo) {
	store := memory.New[string, core.NoMetadata]()
	return store, core.NewRepository(store, members)
}

func memberKey(id string) core.Key[string] { return core.Key[string]{Kind: "member", ID: id} }

// requireOwner checks which member has an address; none if id is empty. It checks, too, that
// entries and states agree.
func requireOwner(t *testing.T, store *memory.Store[string, core.NoMetadata], email, id string) {
	t.Helper()
	key, taken, err := core.Owner(t.Context(), store, emails, email)
	require.NoError(t, err)
	require.Equal(t, id != "", taken)
	if taken {
		require.Equal(t, memberKey(id), key)
	}
	for fault, err := range core.CheckUnique(t.Context(), store, members) {
		require.NoError(t, err)
		require.Fail(t, fault.String())
	}
}

func TestUniqueValueHasOneOwner(t *testing.T) {
	store, repo := newMembers()
	_, err := repo.Create(t.Context(), "ada", called("Ada@x"))
	require.NoError(t, err)
	requireOwner(t, store, "ada@x", "ada")
	requireOwner(t, store, "Ada@x", "") // it is not compared like this

	before, err := store.LatestVersion(t.Context())
	require.NoError(t, err)
	_, err = repo.Create(t.Context(), "bob", called("ADA@X"))
	require.ErrorIs(t, err, core.ErrTaken)
	taken, ok := errors.AsType[*core.TakenError](err)
	require.True(t, ok)
	require.Equal(t, core.TakenError{Set: emails, Owner: "member ada"}, *taken)
	after, err := store.LatestVersion(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after, "nothing was written")

	_, err = repo.Update(t.Context(), "ada", called("ada@X"))
	require.NoError(t, err, "its own value, written otherwise")
	_, err = repo.Update(t.Context(), "ada", called("ada@y"))
	require.NoError(t, err)
	requireOwner(t, store, "ada@x", "")
	requireOwner(t, store, "ada@y", "ada")
	_, err = repo.Create(t.Context(), "bob", called("ada@x"))
	require.NoError(t, err, "what was released can be taken")
	_, err = repo.Update(t.Context(), "ada", called(""))
	require.NoError(t, err)
	requireOwner(t, store, "ada@y", "")
	_, err = repo.Update(t.Context(), "bob", core.CommandFunc[member](func(member) ([]core.Event, error) { return []core.Event{memberAged{}}, nil }))
	require.NoError(t, err)
	requireOwner(t, store, "ada@x", "bob")
	_, err = repo.Unchecked().Update(t.Context(), "bob", called("bob@x"))
	require.NoError(t, err)
	requireOwner(t, store, "bob@x", "bob")
}

func TestOfManyThatTakeAValueOneWins(t *testing.T) {
	store, repo := newMembers()
	for round := range 20 {
		email := fmt.Sprint("member-", round)
		var wg sync.WaitGroup
		var mu sync.Mutex
		var winners []string
		for racer := range 32 {
			wg.Go(func() {
				id := fmt.Sprintf("%d-%d", round, racer)
				var err error
				if racer%2 == 0 {
					_, err = repo.Create(t.Context(), id, called(email))
				} else {
					_, err = core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
						return repo.In(tx).Create(ctx, id, called(email))
					})
				}
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					winners = append(winners, id)
				} else if !errors.Is(err, core.ErrTaken) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Len(t, winners, 1)
		requireOwner(t, store, email, winners[0])
	}
}

// Within a transaction a value can go from one to another, and cannot be taken twice.
func TestUniqueValuesInATransaction(t *testing.T) {
	store, repo := newMembers()
	for _, id := range []string{"ada", "bob"} {
		_, err := repo.Create(t.Context(), id, called(id))
		require.NoError(t, err)
	}
	call := func(names ...string) error {
		_, err := core.Transact(t.Context(), store, func(ctx context.Context, tx *core.Tx) error {
			for i := 0; i < len(names); i += 2 {
				if err := repo.In(tx).Upsert(ctx, names[i], called(names[i+1])); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	}
	require.NoError(t, call("ada", "bob", "bob", "ada"), "they swap")
	requireOwner(t, store, "bob", "ada")
	require.NoError(t, call("cid", "ada", "bob", "bob2"), "one takes what another gives up")
	requireOwner(t, store, "ada", "cid")
	require.NoError(t, call("dan", "x", "dan", "y", "dan", "z"))
	requireOwner(t, store, "x", "")
	requireOwner(t, store, "z", "dan")
	err := call("eve", "new", "fay", "new")
	require.ErrorIs(t, err, core.ErrTaken)
	requireOwner(t, store, "new", "")
	require.ErrorIs(t, call("eve", "z"), core.ErrTaken)
	require.NoError(t, call("eve", "z", "eve", "eve"), "only what it ends with counts")
}

func TestUniqueValuesBesideACacheAndSnapshots(t *testing.T) {
	store, repo := newMembers()
	cached := repo.WithCache(core.Cache[member]{Size: 9, Copy: func(m member) (member, error) { return m, nil }}).
		WithSnapshots(memory.NewSnapshots[string, uint64](core.SnapshotEvery(1)))
	for i := range 5 {
		_, err := cached.Upsert(t.Context(), "ada", called(fmt.Sprint("ada", i)))
		require.NoError(t, err)
		requireOwner(t, store, fmt.Sprint("ada", i), "ada")
	}
	_, err := repo.Create(t.Context(), "bob", called("bob"))
	require.NoError(t, err)
	_, err = repo.Update(t.Context(), "bob", called("robert"))
	require.NoError(t, err)
	_, err = cached.Update(t.Context(), "ada", called("bob"))
	require.NoError(t, err)
	requireOwner(t, store, "bob", "ada")
	_, err = cached.Update(t.Context(), "ada", called("robert"))
	require.ErrorIs(t, err, core.ErrTaken)
}

func TestBuildUniqueBringsInWhatWasThereBefore(t *testing.T) {
	store, repo := newMembers()
	plain := core.NewRepository(store, plainMembers)
	for i := range 10 {
		_, err := plain.Create(t.Context(), fmt.Sprint("m", i), called(fmt.Sprint("e", i%8)))
		require.NoError(t, err)
	}
	faults := func(all func(func(core.UniqueFault[string], error) bool)) (texts []string) {
		for fault, err := range all {
			require.NoError(t, err)
			texts = append(texts, string(fault.Kind))
		}
		return texts
	}
	require.Len(t, faults(core.CheckUnique(t.Context(), store, members)), 10)
	for range 2 { // it can be run again
		require.Equal(t, []string{"clash", "clash"}, faults(core.BuildUnique(t.Context(), store, members)))
	}
	_, err := repo.Create(t.Context(), "new", called("e3"))
	require.ErrorIs(t, err, core.ErrTaken)

	// A writer that does not know the set, and what it leaves behind.
	_, err = plain.Update(t.Context(), "m3", called("e99"))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"clash", "clash", "stale entry", "missing entry"}, faults(core.CheckUnique(t.Context(), store, members)))
	_, err = plain.Create(t.Context(), "other", called("e3"))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"clash", "clash", "stale entry", "missing entry", "missing entry"}, faults(core.CheckUnique(t.Context(), store, members)))
	require.Equal(t, []string{"clash", "clash"}, faults(core.BuildUnique(t.Context(), store, members)))
	for fault, err := range core.CheckUnique(t.Context(), store, members) {
		require.NoError(t, err)
		require.Contains(t, fault.String(), "member.email: clash of member m")
		_, err = repo.Update(t.Context(), fault.Key.ID, called(fault.Key.ID))
		require.NoError(t, err, "the one without an entry gives its value up")
	}
	requireOwner(t, store, "e3", "other")
	requireOwner(t, store, "e99", "m3")
}

func TestUniqueValuesAreNotInTheLog(t *testing.T) {
	store, repo := newMembers()
	_, err := repo.Create(t.Context(), "ada", called("secret@x"))
	require.NoError(t, err)
	n := 0
	for key, err := range store.EntryKeys(t.Context(), "_unique") {
		require.NoError(t, err)
		require.NotContains(t, key.Name, "secret")
		last, ok, err := store.LastEntry(t.Context(), key)
		require.NoError(t, err)
		require.True(t, ok)
		require.NotContains(t, string(last.Data), "secret@x")
		n++
	}
	require.Equal(t, 2, n, "the key of the hashes, and the value")
}

func TestUniqueSetsAreChecked(t *testing.T) {
	value := func(m member) string { return m.Email }
	require.PanicsWithValue(t, "core: aggregate member: a set of unique values has no name", func() { plainMembers.WithUnique("", value) })
	require.PanicsWithValue(t, `core: aggregate member: two values for the set "member.email"`, func() { members.WithUnique(emails, value) })
	require.PanicsWithValue(t, "core: the unique values of member need a store that is a SystemStore", func() {
		core.NewRepository(lone{newSpy()}, members)
	})
	require.NotPanics(t, func() { members.WithUnique("member.other", value) })
}

// A function that panics is an error of the command.
func TestUniqueValueThatPanics(t *testing.T) {
	store := newSpy()
	repo := core.NewRepository(store, plainMembers.WithUnique(emails, func(m member) string {
		if m.Age > 0 {
			panic("bang")
		}
		return m.Email
	}))
	_, err := repo.Create(t.Context(), "a", core.CommandFunc[member](func(member) ([]core.Event, error) { return []core.Event{memberAged{}}, nil }))
	_, ok := errors.AsType[*core.PanicError](err)
	require.True(t, ok, "%v", err)
	require.Zero(t, store.events(t))
	coretest.Seed(t, store, memberKey("b"), memberAged{})
	_, err = repo.Update(t.Context(), "b", called("b"))
	_, ok = errors.AsType[*core.PanicError](err)
	require.True(t, ok, "%v", err)
}
