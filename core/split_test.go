package core_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
)

// An order once was one event with its lines; today each line is an event.
type (
	orderPlaced  struct{ Customer string }
	orderLine    struct{ Text string }
	orderLineV1  struct{ Name string }
	orderWithAll struct {
		Customer string
		Lines    []string
	}
	orderContents struct {
		Customer string
		Lines    []string
	}
)

func (orderPlaced) EventKind() string { return "order.placed" }
func (orderLine) EventKind() string   { return "order.line" }
func (orderLineV1) EventKind() string { return "order.line.v1" }

func (orderPlaced) EventHistory() core.History {
	return core.History{core.Split("order.made", splitOrder)}
}

func (orderLine) EventHistory() core.History {
	return core.History{
		core.Split("order.made", splitOrder),
		core.Was("order.line.v1", func(old orderLineV1) orderLine { return orderLine{old.Name} }),
	}
}

// splitOrder makes lines of the type that they had when it was written. An order without
// a customer is of no interest any more.
func splitOrder(old orderWithAll) []core.Event {
	if old.Customer == "" {
		return nil
	}
	events := []core.Event{orderPlaced{old.Customer}}
	for _, line := range old.Lines {
		if line == "nil" {
			return []core.Event{nil}
		}
		events = append(events, &orderLineV1{line})
	}
	return events
}

var (
	onPlaced = core.On(func(o *orderContents, e orderPlaced) { o.Customer = e.Customer })
	onLine   = core.On(func(o *orderContents, e orderLine) { o.Lines = append(o.Lines, o.Customer+" "+e.Text) })
	orders   = core.DefineAggregate("order", onLine, onPlaced)
)

func orderKey(id string) core.Key[string] { return core.Key[string]{Kind: "order", ID: id} }

func made(json string) core.Event { return coretest.Raw{Kind: "order.made", JSON: json} }

func TestOneEventThatBecameSeveralIsFoldedInOrder(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	seeded := coretest.Seed(t, store, orderKey("a"), made(`{"Customer":"ada","Lines":["tea","milk"]}`), orderLine{"salt"}, made(`{}`))
	repo := core.NewRepository(store, orders)
	state, version, err := repo.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, orderContents{"ada", []string{"ada tea", "ada milk", "ada salt"}}, state)
	require.Equal(t, seeded, version, "the version is that of the recorded event")

	var ids []string
	for e, err := range repo.Events(t.Context(), "a") {
		require.NoError(t, err)
		ids = append(ids, e.EventID()[len(e.Commit.ID):]+" "+e.Event.EventKind())
	}
	require.Equal(t, []string{"/0.1 order.placed", "/0.2 order.line", "/0.3 order.line", "/1 order.line"}, ids)
	require.Equal(t, []string{"order.line", "order.line.v1", "order.made"}, core.KindsOf[orderLine]())
}

func TestDecodeOfAnEventThatBecameSeveral(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	coretest.Seed(t, store, orderKey("a"), made(`{"Customer":"ada","Lines":["tea","milk"]}`))
	for stored, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		placed, err := core.Decode[orderPlaced](store, stored)
		require.NoError(t, err)
		require.Equal(t, orderPlaced{"ada"}, placed)
		_, err = core.Decode[orderLine](store, stored)
		require.EqualError(t, err, "decode event at 1 (order.made): it is 2 events of type core_test.orderLine today")
		lines, err := core.DecodeAll[orderLine](store, stored)
		require.NoError(t, err)
		require.Len(t, lines, 2)
		require.Equal(t, orderLine{"milk"}, lines[1].Event)
		require.Equal(t, 3, lines[1].Commit.Part)
		_, err = core.Decode[accountOpened](store, stored)
		require.ErrorIs(t, err, core.ErrUnknownEvent)
		require.EqualError(t, err, "decode event at 1 (order.made): it is no core_test.accountOpened, and no EventHistory says that it was one")
	}
}

func TestPartWithoutHandlerIsAnErrorThatNamesIt(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	coretest.Seed(t, store, orderKey("a"), made(`{"Customer":"ada","Lines":["tea"]}`))
	load := func(g *core.Aggregate[orderContents]) (orderContents, error) {
		state, _, err := core.NewRepository(store, g).Load(t.Context(), "a")
		return state, err
	}
	lines := core.DefineAggregate("order", onLine)
	_, err := load(lines)
	require.EqualError(t, err, "load order a: decode event at 1 (order.made): aggregate order: event has no handler: order.placed")
	for _, g := range []*core.Aggregate[orderContents]{lines.Lenient(), lines.Ignore("order.placed")} {
		state, err := load(g)
		require.NoError(t, err)
		require.Equal(t, orderContents{Lines: []string{" tea"}}, state)
	}
}

func TestSplitThatMakesAnEventNilIsAnErrorOfIt(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	coretest.Seed(t, store, orderKey("a"), made(`{"Customer":"ada","Lines":["nil"]}`))
	_, _, err := core.NewRepository(store, orders).Load(t.Context(), "a")
	require.EqualError(t, err, `load order a: decode event at 1 (order.made): an event that "order.made" became is nil`)
}

// forgetful does not say that it was part of another event.
type forgetful struct{}

func (forgetful) EventKind() string { return "order.forgetful" }

type remembering struct{}

func (remembering) EventKind() string { return "order.remembering" }
func (remembering) EventHistory() core.History {
	return core.History{core.Split("order.old", func(struct{}) []core.Event { return []core.Event{remembering{}, forgetful{}} })}
}

func TestEventOfASplitThatDoesNotTellOfItIsAnError(t *testing.T) {
	g := core.DefineAggregate("order", core.On(func(*int, remembering) {}), core.On(func(*int, forgetful) {}))
	store := memory.New[string, core.NoMetadata]()
	coretest.Seed(t, store, orderKey("a"), coretest.Raw{Kind: "order.old", JSON: `{}`})
	_, _, err := core.NewRepository(store, g).Load(t.Context(), "a")
	require.EqualError(t, err, `load order a: decode event at 1 (order.old): it became a core_test.forgetful, whose EventHistory does not have "order.old"`)
}

// A snapshot that ends with a recorded event ends with all that it became.
func TestSnapshotAfterASplit(t *testing.T) {
	store, snaps := memory.New[string, core.NoMetadata](), fakes.NewSnapshots()
	repo := core.NewRepository(store, orders).WithSnapshots(snaps).WithCache(core.Cache[orderContents]{Size: 1, Copy: func(o orderContents) (orderContents, error) {
		o.Lines = append([]string(nil), o.Lines...)
		return o, nil
	}})
	coretest.Seed(t, store, orderKey("a"), made(`{"Customer":"ada","Lines":["tea"]}`))
	for _, more := range []string{"milk", "salt"} {
		_, err := repo.Update(t.Context(), "a", core.CommandFunc[orderContents](func(orderContents) ([]core.Event, error) {
			return []core.Event{orderLine{more}}, nil
		}))
		require.NoError(t, err)
	}
	want := orderContents{"ada", []string{"ada tea", "ada milk", "ada salt"}}
	for range 2 {
		state, _, err := repo.Load(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, want, state)
	}
	_, err := repo.Update(t.Context(), "a", core.CommandFunc[orderContents](func(orderContents) ([]core.Event, error) {
		return []core.Event{&orderLineV1{"old"}}, nil
	}))
	require.True(t, errors.Is(err, core.ErrUnknownEvent), "an old event is not written: %v", err)
}
