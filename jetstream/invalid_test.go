package jetstream_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
)

// Events that no store takes.
type (
	hiding  struct{ secret int }
	worded  struct{ Words []string }
	rated   struct{ Rate float64 }
	unnamed struct{}
	ours    struct{}
	byRef   struct{}
)

func (hiding) EventKind() string  { return "order.hiding" }
func (worded) EventKind() string  { return "order.worded" }
func (rated) EventKind() string   { return "order.rated" }
func (unnamed) EventKind() string { return "" }
func (ours) EventKind() string    { return "_checkpoint" }
func (*byRef) EventKind() string  { return "order.by-ref" }

func invalidEvents() map[string]core.Event {
	loop := &linked{}
	loop.Next = loop
	return map[string]core.Event{
		"a hidden field":           hiding{1},
		"a hidden field, pointer":  &hiding{1},
		"text that is not UTF-8":   worded{[]string{"a", "\xff"}},
		"what cannot be read":      signed{time.Second},
		"a cycle":                  *loop,
		"an offset with seconds":   dated{time.Date(1850, 1, 1, 0, 0, 0, 0, time.FixedZone("LMT", 53*60+28))},
		"not a number":             rated{nan()},
		"no kind":                  unnamed{},
		"a reserved kind":          ours{},
		"nil":                      nil,
		"a nil pointer":            (*worded)(nil),
		"a nil pointer, only kind": (*byRef)(nil),
	}
}

func nan() float64 { z := 0.0; return z / z }

// failed is a test that keeps how it failed.
type failed struct {
	testing.TB
	text string
}

func (f *failed) Helper() {}
func (f *failed) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// givenFails returns how a scenario fails that is given events.
func givenFails(t *testing.T, events ...core.Event) string {
	t.Helper()
	f := &failed{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		coretest.Given(f, core.DefineAggregate("order", core.On(func(*int, worded) {})).Lenient(), events...)
	}()
	<-done
	return f.text
}

// The memory store and coretest refuse what this store refuses, with the same errors.
func TestInvalidEventsAreTheSameErrorEverywhere(t *testing.T) {
	key := core.Key[string]{Kind: "order", ID: "a"}
	own := openWith[string, core.NoMetadata](t, fresh(1))
	inMemory := memory.New[string, core.NoMetadata]()
	for name, bad := range invalidEvents() {
		t.Run(name, func(t *testing.T) {
			commit := func(store core.GloballyOrderedStore[string, uint64, core.NoMetadata]) error {
				_, err := core.CommitEvents(t.Context(), store, key, []core.Event{worded{}, bad}, core.NoMetadata{})
				fault, ok := errors.AsType[*core.EncodeError](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, 1, fault.Index)
				version, err := store.LatestVersion(t.Context())
				require.NoError(t, err)
				require.True(t, version.IsZero(), "nothing was written")
				return fault
			}
			want := commit(own)
			got := commit(inMemory)
			require.Equal(t, want.Error(), got.Error())
			require.Equal(t, want, got, "down to the types")
			require.Equal(t, want.Error(), strings.TrimPrefix(givenFails(t, worded{}, bad), "given: "))
		})
	}
}

func TestPointersToEventsAreTakenEverywhere(t *testing.T) {
	key := core.Key[string]{Kind: "order", ID: "a"}
	store := openWith[string, core.NoMetadata](t, fresh(1))
	for _, s := range []core.EventStore[string, uint64, core.NoMetadata]{store, memory.New[string, core.NoMetadata]()} {
		coretest.Seed(t, s, key, &worded{[]string{"a"}}, worded{[]string{"b"}})
		words := core.DefineAggregate("order", core.On(func(words *[]string, e worded) { *words = append(*words, e.Words...) }))
		state, _, err := core.NewRepository(s, words).Load(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b"}, state)
		coretest.Given(t, words, &worded{[]string{"a"}}, worded{[]string{"b"}}).ThenState(state)
	}
}
