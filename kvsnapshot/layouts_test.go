package kvsnapshot_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

// counted is the event of all layouts.
type counted struct{ N int }

func (counted) EventKind() string { return "layout.counted" }

// layoutChange is a program whose state has another layout than that of the one before.
type layoutChange struct {
	name    string
	changed bool
	check   func(t *testing.T, snapshots core.SnapshotStore[string, uint64], changed bool)
}

// from makes a change of the state Old into New, each with how it is folded. The snapshot
// store is asked by itself: a repository and a projection for each type would be most of
// what is compiled here.
func from[Old, New any](name string, changed bool, foldOld func(*Old, int), foldNew func(*New, int)) layoutChange {
	var before Old
	var after New
	for n := range 3 {
		foldOld(&before, n)
		foldNew(&after, n)
	}
	return layoutChange{name, changed, func(t *testing.T, snapshots core.SnapshotStore[string, uint64], changed bool) {
		c := &stateChange{t, snapshots, core.SnapshotKey[string]{Store: t.Name(), Role: core.AggregateSnapshot, Kind: "layout", ID: "a"}}
		c.offer(1, before)
		c.requireStored(new(Old), &before, nil)
		if changed {
			c.requireStored(new(New), nil, core.ErrSnapshotLayout)
		} else {
			c.requireStored(new(New), &after, nil)
		}
		c.offer(2, after)
		c.requireStored(new(New), &after, nil)
	}}
}

// stateChange is a snapshot whose state changes.
type stateChange struct {
	t         *testing.T
	snapshots core.SnapshotStore[string, uint64]
	key       core.SnapshotKey[string]
}

func (c *stateChange) offer(position uint64, state any) {
	c.t.Helper()
	_, err := c.snapshots.OfferSnapshot(c.t.Context(), c.key, core.SnapshotAge{Events: 3}, func() (core.Snapshot[uint64], error) {
		return core.Snapshot[uint64]{Position: position, EventID: fmt.Sprint(position), State: state}, nil
	})
	require.NoError(c.t, err)
}

// requireStored checks what is loaded into a state.
func (c *stateChange) requireStored(into, want any, wantErr error) {
	c.t.Helper()
	_, ok, err := c.snapshots.LoadSnapshot(c.t.Context(), c.key, into)
	require.ErrorIs(c.t, err, wantErr)
	require.Equal(c.t, wantErr == nil, ok, "%v", err)
	if want != nil {
		require.Equal(c.t, want, into)
	}
}

// fromProgram is from for whole programs.
func fromProgram[Old, New any](name string, changed bool, foldOld func(*Old, int), foldNew func(*New, int)) layoutChange {
	return layoutChange{name, changed, func(t *testing.T, snapshots core.SnapshotStore[string, uint64], changed bool) {
		store := memory.New[string, core.NoMetadata]()
		before, after := newProgram(store, snapshots, foldOld), newProgram(store, snapshots, foldNew)
		before.requireRight(t, store)
		before.requireStored(t, store, nil)
		var want error
		if changed {
			want = core.ErrSnapshotLayout
		}
		after.requireStored(t, store, want)
		after.requireRight(t, store) // and has a snapshot of its own now
		after.requireStored(t, store, nil)
		before.requireRight(t, store)
	}}
}

// program folds events into a state, in an aggregate and in a projection.
type program[S any] struct {
	snapshots   core.SnapshotStore[string, uint64]
	repo, plain *core.Repository[S, string, uint64, core.NoMetadata]
	projection  *projection.Projection[S, string, uint64, core.NoMetadata]
}

func newProgram[S any](store *memory.Store[string, core.NoMetadata], snapshots core.SnapshotStore[string, uint64], fold func(*S, int)) program[S] {
	plain := core.NewRepository(store, core.DefineAggregate("layout", core.On(func(s *S, e counted) { fold(s, e.N) })))
	return program[S]{snapshots, plain.WithSnapshots(snapshots), plain, projection.Define("layout",
		projection.On(func(s *S, e core.Recorded[counted, string, uint64, core.NoMetadata]) { fold(s, e.Event.N) }))}
}

// requireRight checks that what comes from snapshots is what a replay gives, before and
// after a further event.
func (p program[S]) requireRight(t *testing.T, store *memory.Store[string, core.NoMetadata]) {
	t.Helper()
	for i := range 3 {
		if i > 0 {
			_, err := p.repo.Upsert(t.Context(), "a", core.CommandFunc[S](func(S) ([]core.Event, error) { return []core.Event{counted{i}}, nil }))
			require.NoError(t, err)
		}
		want, _, err := p.plain.Load(t.Context(), "a")
		if errors.Is(err, core.ErrNotFound) {
			continue
		}
		require.NoError(t, err)
		got, _, err := p.repo.Load(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, want, got, "a wrong state")
		fromSnapshot, err := projection.LoadFrom(t.Context(), store, p.snapshots, p.projection)
		require.NoError(t, err)
		require.Equal(t, want, fromSnapshot, "a wrong state")
	}
}

// requireStored checks whether the stored snapshots are of the program's layout.
func (p program[S]) requireStored(t *testing.T, store *memory.Store[string, core.NoMetadata], want error) {
	t.Helper()
	for _, key := range []core.SnapshotKey[string]{
		{Store: store.StoreID(), Role: core.AggregateSnapshot, Kind: "layout", ID: "a"},
		{Store: store.StoreID(), Role: core.ProjectionSnapshot, Kind: "layout", Singleton: true},
	} {
		var state S
		_, ok, err := p.snapshots.LoadSnapshot(t.Context(), key, &state)
		require.Equal(t, want == nil, ok, "%v", err)
		require.ErrorIs(t, err, want)
	}
}

// The types of the changes.
type (
	one       struct{ A int }
	two       struct{ B int }
	embedsOne struct {
		one
		N int
	}
	embedsTwo struct {
		two
		N int
	}
	treeOne struct {
		A    int
		Next *treeOne
	}
	treeTwo struct {
		B    int
		Next *treeTwo
	}
	cents   int
	centsOf cents
)

func (c cents) MarshalText() ([]byte, error)    { return fmt.Append(nil, int(c)), nil }
func (c *cents) UnmarshalText(b []byte) error   { return json.Unmarshal(b, (*int)(c)) }
func (c centsOf) MarshalText() ([]byte, error)  { return fmt.Append(nil, int(c)), nil }
func (c *centsOf) UnmarshalText(b []byte) error { return json.Unmarshal(b, (*int)(c)) }

func addOne(s *one, n int) { s.A += n }
func addTwo(s *two, n int) { s.B += n }

var layoutChanges = []layoutChange{
	fromProgram("a field is renamed, in programs", true, addOne, addTwo),
	fromProgram("the fields are in another order, in programs", false, func(s *struct{ A, B int }, n int) { s.A += n; s.B++ }, func(s *struct{ B, A int }, n int) { s.A += n; s.B++ }),
	from("a field is renamed", true, addOne, addTwo),
	from("a name in the encoding is changed", true,
		func(s *struct {
			A int `json:"a" msgpack:"a"`
		}, n int) {
			s.A += n
		},
		func(s *struct {
			A int `json:"b" msgpack:"b"`
		}, n int) {
			s.A += n
		}),
	from("a field is new", true, addOne, func(s *struct{ A, B int }, n int) { s.A += n; s.B++ }),
	from("a field is gone", true, func(s *struct{ A, B int }, n int) { s.A += n; s.B++ }, addOne),
	from("a left out field is written", true, func(s *struct {
		A int
		B int `json:"-" msgpack:"-"`
	}, n int) {
		s.A += n
	}, func(s *struct{ A, B int }, n int) { s.A += n; s.B++ }),
	from("a number is a text", true, addOne, func(s *struct{ A string }, n int) { s.A += fmt.Sprint(n) }),
	from("an integer is a float", true, addOne, func(s *struct{ A float64 }, n int) { s.A += float64(n) / 2 }),
	from("an integer is smaller", true, func(s *struct{ A int64 }, n int) { s.A += 300 }, func(s *struct{ A int8 }, n int) { s.A++ }),
	from("a value is a pointer", true, func(s *struct{ A one }, n int) { s.A.A += n }, func(s *struct{ A *one }, n int) {
		if n > 1 {
			s.A = &one{n}
		}
	}),
	from("a pointer is a value", true, func(s *struct{ A *int }, n int) { s.A = &n }, addOne),
	from("a struct is a map", true, func(s *struct{ M one }, n int) { s.M.A += n }, func(s *struct{ M map[string]int }, n int) {
		s.M = map[string]int{"A": n, "B": n}
	}),
	from("a nested field is renamed", true, func(s *struct{ In one }, n int) { s.In.A += n }, func(s *struct{ In two }, n int) { s.In.B += n }),
	from("a field in a list is renamed", true, func(s *struct{ L []one }, n int) { s.L = append(s.L, one{n}) }, func(s *struct{ L []two }, n int) { s.L = append(s.L, two{n}) }),
	from("a field in a map is renamed", true, func(s *map[string]one, n int) { *s = map[string]one{"a": {n}} }, func(s *map[string]two, n int) { *s = map[string]two{"a": {n}} }),
	from("the keys of a map are of another type", true, func(s *map[string]int, n int) { *s = map[string]int{"1": n} }, func(s *map[int]int, n int) { *s = map[int]int{1: n, 2: n} }),
	from("a field behind a pointer is renamed", true, func(s *struct{ P *one }, n int) { s.P = &one{n} }, func(s *struct{ P *two }, n int) { s.P = &two{n} }),
	from("an embedded field is renamed", true, func(s *embedsOne, n int) { s.A += n }, func(s *embedsTwo, n int) { s.B += n }),
	from("an embedded struct is a field", true, func(s *embedsOne, n int) { s.A += n; s.N++ }, func(s *struct {
		One one
		N   int
	}, n int) {
		s.One.A += n
		s.N++
	}),
	from("a field of a type that contains itself is renamed", true,
		func(s *treeOne, n int) { next := *s; *s = treeOne{n, &next} }, func(s *treeTwo, n int) { next := *s; *s = treeTwo{n, &next} }),
	from("a list is nested deeper", true, func(s *[]int, n int) { *s = append(*s, n) }, func(s *[][]int, n int) { *s = append(*s, []int{n}) }),
	from("an array is longer", true, func(s *[2]int, n int) { s[1] += n }, func(s *[3]int, n int) { s[2] += n }),
	from("a type with methods is another one", true, func(s *struct{ A cents }, n int) { s.A += cents(n) }, func(s *struct{ A centsOf }, n int) { s.A += 100 * centsOf(n) }),
	from("a type with methods is one without", true, func(s *struct{ A time.Time }, n int) { s.A = time.Unix(int64(n), 0).UTC() }, func(s *struct{ A string }, n int) { s.A += fmt.Sprint(n) }),
	from("the whole state is of another type", true, func(s *int, n int) { *s += n }, func(s *string, n int) { *s += fmt.Sprint(n) }),

	from("the type has another name", false, addOne, func(s *struct{ A int }, n int) { s.A += n }),
	from("the fields are in another order", false, func(s *struct{ A, B int }, n int) { s.A += n; s.B++ }, func(s *struct{ B, A int }, n int) { s.A += n; s.B++ }),
	from("a field comes from an embedded struct", false, func(s *struct{ A, N int }, n int) { s.A += n; s.N++ }, func(s *embedsOne, n int) { s.A += n; s.N++ }),
	from("a field that is not written is new", false, addOne, func(s *struct {
		A     int
		cache int `json:"-" msgpack:"-"`
	}, n int) {
		s.A += n
	}),
	from("a field is of a type made of the one before", false, func(s *struct{ A int64 }, n int) { s.A += int64(n) }, func(s *struct{ A time.Duration }, n int) { s.A += time.Duration(n) }),
	from("a type that contains itself has another name", false,
		func(s *treeOne, n int) { next := *s; *s = treeOne{n, &next} }, func(s *tree, n int) { next := *s; *s = tree{n, &next} }),
}

type tree struct {
	A    int
	Next *tree
}

func TestAStateOfAnotherLayoutIsNeverUsed(t *testing.T) {
	stores := map[string]func() core.SnapshotStore[string, uint64]{
		"memory": func() core.SnapshotStore[string, uint64] {
			return memory.NewSnapshots[string, uint64](core.SnapshotEvery(1))
		},
	}
	for _, c := range []codec.Codec{codec.JSON, codec.MessagePack, xJSON{codec.JSON}} {
		cfg := newConfig(1)
		cfg.Codec = c
		s := open(t, cfg)
		stores[c.Name()] = func() core.SnapshotStore[string, uint64] { return s }
	}
	for name, open := range stores {
		changed := 0
		for _, c := range layoutChanges {
			if c.changed {
				changed++
			} else if name == (xJSON{}).Name() {
				continue // which shows nothing of what it writes: all counts
			}
			t.Run(name+"/"+c.name, func(t *testing.T) { c.check(t, open(), c.changed) })
		}
		require.GreaterOrEqual(t, changed, 20)
	}
}

// A type that is written as a list has no names: only the order of its fields tells them
// apart.
func TestOrderCountsWhereFieldsHaveNoNames(t *testing.T) {
	type ab struct {
		_msgpack struct{} `msgpack:",as_array"` //nolint:unused // the library reads its tag
		A, B     int
	}
	type ba struct {
		_msgpack struct{} `msgpack:",as_array"` //nolint:unused // the library reads its tag
		B, A     int
	}
	cfg := newConfig(1)
	cfg.Codec = codec.MessagePack
	from("", true, func(s *ab, n int) { s.A += n }, func(s *ba, n int) { s.A += n }).check(t, open(t, cfg), true)
}
