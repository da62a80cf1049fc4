package sealed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/kvkeys"
	"github.com/jetsource/jetsource/kvsnapshot"
)

var (
	server *embedded.Server
	dir    string
	stores atomic.Int64
)

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) (code int) {
	var err error
	if dir, err = os.MkdirTemp("", "sealed"); err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if server, err = embedded.Start(embedded.Config{Dir: dir}); err != nil {
		panic(err)
	}
	code = m.Run()
	for _, err := range []error{server.Close(), goleak.Find()} {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

// customer is the state of an aggregate.
type customer struct {
	ID       string `sealed:"subject"`
	Email    string `sealed:"personal"`
	Name     string `sealed:"personal,erased=(forgotten, for good)"`
	Messages []contact
	Moves    int
}

type moved struct{ Country string }

func (moved) EventKind() string { return "customer.moved" }

// told is about two people: the customer, and whom it is told to.
type told struct {
	To   contact
	Text string
}

func (told) EventKind() string { return "customer.told" }

var customerAggregate = core.DefineAggregate("customer",
	core.On(func(c *customer, e registered) { c.ID, c.Email, c.Name = e.Customer, e.Email, e.Name }),
	core.On(func(c *customer, e moved) { c.Moves++ }),
	core.On(func(c *customer, e told) { c.Messages = append(c.Messages, e.To) }),
).WithUnique("customer.email", func(c customer) string { return c.Email })

func record(events ...core.Event) core.Command[customer] {
	return core.CommandFunc[customer](func(customer) ([]core.Event, error) { return events, nil })
}

type system interface {
	core.SystemStore[string, uint64, core.NoMetadata]
	core.ListingStore[string, uint64, core.NoMetadata]
}

// world is a store with all that is kept beside it.
type world struct {
	store     system
	codec     *sealed.Codec
	customers *core.Repository[customer, string, uint64, core.NoMetadata]
	snapshots core.SnapshotStore[string, uint64]
	keys      *awayKeys
	forgetter *sealed.Forgetter[string, uint64, core.NoMetadata]
	open      func(*testing.T, codec.Codec) system // again, on JetStream
}

func (w *world) finish(t *testing.T) *world {
	t.Helper()
	w.customers = core.NewRepository(w.store, customerAggregate).WithRetries(3).WithSnapshots(w.snapshots).
		WithCache(core.Cache[customer]{Size: 100, Copy: sealed.Copier[customer](w.codec)})
	var err error
	w.forgetter, err = sealed.NewForgetter(w.store, w.codec, w.customers)
	require.NoError(t, err)
	return w
}

const keyAge = 20 * time.Millisecond

func inMemory(t *testing.T) *world {
	keys := &awayKeys{KeyStore: new(sealed.MemoryKeys)}
	c := newCodec(t, keys, sealed.Config{KeyAge: keyAge})
	w := &world{codec: c, keys: keys}
	w.store = memory.NewWithCodec[string, core.NoMetadata](c)
	w.snapshots = memory.NewSnapshotsWithCodec[string, uint64](core.SnapshotEvery(2), c)
	return w.finish(t)
}

func onJetStream(t *testing.T) *world { return onJetStreamWith(t, codec.JSON) }

func onJetStreamWith(t *testing.T, inner codec.Codec) *world {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(server), nats.Timeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	n := stores.Add(1)
	bucket, err := kvkeys.Open(t.Context(), nc, kvkeys.Config{Bucket: fmt.Sprint("KEYS", n)})
	require.NoError(t, err)
	keys := &awayKeys{KeyStore: bucket}
	c := newCodec(t, keys, sealed.Config{KeyAge: keyAge, Codec: inner})
	w := &world{codec: c, keys: keys}
	w.open = func(t *testing.T, c codec.Codec) system {
		store, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{
			Stream: fmt.Sprint("EVENTS", n), Prefix: fmt.Sprint("events", n), Codec: c,
		})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		return store
	}
	w.store = w.open(t, c)
	w.snapshots, err = kvsnapshot.Open[string](t.Context(), nc, kvsnapshot.Config{
		Bucket: fmt.Sprint("SNAPSHOTS", n), Codec: c, Policy: core.SnapshotEvery(2),
	})
	require.NoError(t, err)
	return w.finish(t)
}

func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("memory", func(t *testing.T) { test(t, inMemory(t)) })
	t.Run("JetStream", func(t *testing.T) { test(t, onJetStream(t)) })
}

// fill registers two customers, each with events about the other.
func (w *world) fill(t *testing.T) {
	t.Helper()
	for _, id := range []string{"C-1", "C-2"} {
		other := map[string]string{"C-1": "C-2", "C-2": "C-1"}[id]
		_, err := w.customers.Create(t.Context(), id, record(registered{id, "secret-" + id + "@example.com", "secret " + id, "DE"}))
		require.NoError(t, err)
		_, err = w.customers.Update(t.Context(), id, record(moved{"FR"}, told{contact{other, "secret phone of " + other, "n"}, "hello"}))
		require.NoError(t, err)
	}
}

func (w *world) load(t *testing.T, id string) customer {
	t.Helper()
	c, _, err := w.customers.Load(t.Context(), id)
	require.NoError(t, err)
	return c
}

// requireForgotten checks all that readers get of C-1, and that C-2 is as it was.
func (w *world) requireForgotten(t *testing.T) {
	t.Helper()
	wantOne := customer{ID: "C-1", Name: "(forgotten, for good)", Moves: 1, Messages: []contact{{"C-2", "secret phone of C-2", "n"}}}
	wantTwo := customer{ID: "C-2", Email: "secret-C-2@example.com", Name: "secret C-2", Moves: 1, Messages: []contact{{"C-1", "", "n"}}}
	fresh := core.NewRepository(w.store, customerAggregate)
	snapshots := fresh.WithSnapshots(w.snapshots)
	for what, r := range map[string]*core.Repository[customer, string, uint64, core.NoMetadata]{"cache": w.customers, "events": fresh, "snapshots": snapshots} {
		for id, want := range map[string]customer{"C-1": wantOne, "C-2": wantTwo} {
			got, _, err := r.Load(t.Context(), id)
			require.NoError(t, err, what)
			require.Equal(t, want, got, what)
		}
	}
	_, taken, err := core.Owner(t.Context(), w.store, "customer.email", "secret-C-1@example.com")
	require.NoError(t, err)
	require.False(t, taken, "the unique value is released")
	_, taken, err = core.Owner(t.Context(), w.store, "customer.email", "secret-C-2@example.com")
	require.NoError(t, err)
	require.True(t, taken)
}

// forget forgets C-1 as Forget does.
func (w *world) forget(t *testing.T) {
	t.Helper()
	require.NoError(t, w.forgetter.Forget(t.Context(), "C-1"))
}

func TestForgottenSubjectIsErasedForEveryReader(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.fill(t)
		require.Equal(t, "secret C-1", w.load(t, "C-1").Name)
		w.forget(t)
		w.requireForgotten(t)
		w.forget(t) // nothing is to be done
		require.Empty(t, pending(t, w))

		// The aggregate lives on, without personal values.
		_, err := w.customers.Update(t.Context(), "C-1", record(moved{"IT"}, registered{"C-1", "", "(forgotten, for good)", ""}))
		require.NoError(t, err)
		_, err = w.customers.Update(t.Context(), "C-1", record(registered{"C-1", "back@example.com", "", ""}))
		require.ErrorIs(t, err, sealed.ErrForgotten)
		_, err = w.customers.Create(t.Context(), "C-3", record(registered{"C-3", "secret-C-1@example.com", "heir", ""}))
		require.NoError(t, err, "another customer can take the address")
		for _, err := range core.CheckUnique(t.Context(), w.store, customerAggregate) {
			require.NoError(t, err)
		}
	})
}

func pending(t *testing.T, w *world) (all []string) {
	t.Helper()
	for subject, err := range w.forgetter.Pending(t.Context()) {
		require.NoError(t, err)
		all = append(all, subject)
	}
	return all
}

func TestInterruptedForgettingIsResumed(t *testing.T) {
	errStopped := errors.New("stopped")
	for _, step := range []string{"requested", "destroyed", "dropped", "erased"} {
		t.Run(step, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				w.fill(t)
				interrupted := sealed.Interrupted(w.forgetter, func(passed string) error {
					if passed == step {
						return errStopped
					}
					return nil
				})
				require.ErrorIs(t, interrupted.Forget(t.Context(), "C-1"), errStopped)
				require.Equal(t, []string{"C-1"}, pending(t, w))
				require.NoError(t, w.forgetter.Resume(t.Context()))
				require.Empty(t, pending(t, w))
				w.requireForgotten(t)
			})
		})
	}
}

// A program that has the key still takes a unique value after that was destroyed.
func TestAValueThatIsTakenMeanwhileIsReleased(t *testing.T) {
	w := onJetStream(t)
	w.fill(t)
	other := newCodec(t, w.keys, sealed.Config{KeyAge: time.Hour})
	_, err := other.MarshalKind("", registered{Customer: "C-1", Email: "its key is cached now"})
	require.NoError(t, err)
	another := core.NewRepository(w.open(t, other), customerAggregate)
	late := sealed.Interrupted(w.forgetter, func(passed string) error {
		if passed != "destroyed" {
			return nil
		}
		_, err := another.Update(t.Context(), "C-1", record(registered{"C-1", "secret-late@example.com", "x", "DE"}))
		return err
	})
	require.NoError(t, late.Forget(t.Context(), "C-1"))
	w.requireForgotten(t)
	_, taken, err := core.Owner(t.Context(), w.store, "customer.email", "secret-late@example.com")
	require.NoError(t, err)
	require.False(t, taken)
}

// An outage of the key store stops a live model, a worker and a command, and none of them
// takes it for an erased value or passes over the event.
func TestAnOutageOfTheKeyStoreIsWaitedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.fill(t)
		w.keys.setAway(true)
		require.Eventually(t, func() bool { // until the cached keys are old
			_, _, err := core.NewRepository(w.store, customerAggregate).Load(t.Context(), "C-1")
			return errors.Is(err, core.ErrUnavailable)
		}, 30*time.Second, time.Millisecond)
		_, err := w.customers.Create(t.Context(), "C-9", record(registered{"C-9", "x@example.com", "x", ""}))
		require.ErrorIs(t, err, core.ErrUnavailable)
		require.ErrorIs(t, w.forgetter.Forget(t.Context(), "C-1"), core.ErrUnavailable)
		require.Equal(t, []string{"C-1"}, pending(t, w))

		names := projection.NewLive(w.store, namesProjection()).WithSkip(func(_ context.Context, err *core.DecodeError) { t.Errorf("skipped: %v", err) })
		seen := make(chan string, 10)
		greeter := reactor.Define("greeter", reactor.On(func(_ context.Context, e core.Recorded[registered, string, uint64, core.NoMetadata]) error {
			seen <- e.Event.Name
			return nil
		})).WithPartitions(1) // in order
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		for _, run := range []func(context.Context) error{names.Run, reactor.NewWorker(w.store, greeter).ParkAfter(1).Run} {
			w.keys.refused.Store(0)
			go func() { ended <- run(ctx) }()
			require.Eventually(t, func() bool { return w.keys.refused.Load() > 1 }, 30*time.Second, time.Millisecond)
		}
		w.keys.setAway(false)
		require.NoError(t, names.CatchUp(ctx))
		names.View(func(n *nameList) { require.Equal(t, "secret C-2", n.ByID["C-2"].Name) })
		require.Equal(t, "secret C-1", <-seen)
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, <-ended)
	})
}

type nameList struct{ ByID map[string]registered }

func namesProjection() *projection.Projection[nameList, string, uint64, core.NoMetadata] {
	return projection.Define("names",
		projection.On(func(n *nameList, e core.Recorded[registered, string, uint64, core.NoMetadata]) {
			n.ByID[e.Event.Customer] = e.Event
		}),
		projection.On(func(n *nameList, e core.Recorded[sealed.Forgotten, string, uint64, core.NoMetadata]) {
			if err := sealed.Erase(n, e.Event.Subject); err != nil {
				panic(err)
			}
		}),
	).WithInit(func() nameList { return nameList{ByID: map[string]registered{}} })
}

func TestReadModelsAndReactorsAreTold(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.fill(t)
		live := projection.NewLive(w.store, namesProjection()).WithSnapshots(w.snapshots)
		told := make(chan string, 1)
		mailing := reactor.Define("mailing", reactor.On(func(_ context.Context, e core.Recorded[sealed.Forgotten, string, uint64, core.NoMetadata]) error {
			told <- e.Event.Subject
			return nil
		}))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		go func() { ended <- live.Run(ctx) }()
		go func() { ended <- reactor.NewWorker(w.store, mailing).Run(ctx) }()
		require.NoError(t, live.CatchUp(ctx))
		live.View(func(n *nameList) { require.Equal(t, "secret C-1", n.ByID["C-1"].Name) })
		w.forget(t)
		require.Equal(t, "C-1", <-told)
		require.NoError(t, live.CatchUp(ctx))
		want := nameList{map[string]registered{
			"C-1": {"C-1", "", "(forgotten, for good)", "DE"}, "C-2": {"C-2", "secret-C-2@example.com", "secret C-2", "DE"},
		}}
		live.View(func(n *nameList) { require.Equal(t, want, *n) })
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, <-ended)
		again, err := projection.LoadFrom(t.Context(), w.store, w.snapshots, namesProjection())
		require.NoError(t, err)
		require.Equal(t, want, again, "also of the snapshot that was taken before")
	})
}

// Another program that has the key in its cache reads nothing by it once Forget has returned.
func TestForgetWaitsUntilNoProgramHasTheKey(t *testing.T) {
	w := inMemory(t)
	w.fill(t)
	other := newCodec(t, w.keys, sealed.Config{KeyAge: keyAge})
	data, err := other.MarshalKind(kind, registered{Customer: "C-1", Email: "x"})
	require.NoError(t, err)
	w.keys.destroying = func() { require.NoError(t, other.UnmarshalKind(kind, data, new(registered))) }
	require.NoError(t, w.forgetter.Forget(t.Context(), "C-1"))
	var back registered
	require.NoError(t, other.UnmarshalKind(kind, data, &back))
	require.Empty(t, back.Email)
}

func TestExportIsAllThatIsHeldOfASubject(t *testing.T) {
	for name, inner := range codecs {
		t.Run(name, func(t *testing.T) {
			w := onJetStreamWith(t, inner)
			w.fill(t)
			export, err := w.forgetter.Export(t.Context(), "C-1")
			require.NoError(t, err)
			text, err := json.Marshal(export)
			require.NoError(t, err)
			require.Len(t, export.Events, 4, "its own three, and the one of C-2 that has its phone")
			require.Contains(t, string(text), "secret-C-1@example.com")
			require.Contains(t, string(text), "secret phone of C-1")
			require.NotContains(t, string(text), "secret phone of C-2")
			require.JSONEq(t, `{"Customer":"C-1","Email":"secret-C-1@example.com","Name":"secret C-1","Country":"DE"}`, string(export.Events[0].Event))
			w.forget(t)
			export, err = w.forgetter.Export(t.Context(), "C-1")
			require.NoError(t, err)
			require.True(t, export.Forgotten)
			text, err = json.Marshal(export)
			require.NoError(t, err)
			require.False(t, strings.Contains(string(text), "secret"), "%s", text)
		})
	}
}

func TestForgetNeedsSubjectsThatAreIds(t *testing.T) {
	w := inMemory(t)
	require.Error(t, w.forgetter.Forget(t.Context(), ""))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, w.forgetter.Forget(ctx, "C-1"), context.Canceled)
	_, err := sealed.NewForgetter(w.store, w.codec, w.customers, w.customers)
	require.Error(t, err)
}
