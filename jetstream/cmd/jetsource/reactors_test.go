package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
)

type closing struct{}

func (closing) EventKind() string { return "account.closing" }

type recorded[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]

// office is a reactor at work: it notes deposits, unless it is closed, and sets a timer for each
// account that is opened.
type office struct {
	*world
	store  *store
	leases *jetstream.Leases
	closed atomic.Bool
	mu     sync.Mutex // guards notes
	notes  []int
}

func newOffice(t *testing.T) *office {
	w := newWorld(t)
	leases, err := jetstream.OpenLeases(t.Context(), w.nc, jetstream.LeaseConfig{Logger: quiet()})
	require.NoError(t, err)
	return &office{world: w, store: w.open(jetstream.Config{Logger: quiet()}), leases: leases}
}

// run runs a worker until the function that it returns is called.
func (o *office) run(with func(*reactor.Worker[string, uint64, core.NoMetadata]) *reactor.Worker[string, uint64, core.NoMetadata]) (stop func()) {
	o.t.Helper()
	r := reactor.Define("the.office",
		reactor.On(func(ctx context.Context, e recorded[opened]) error {
			return reactor.SetTimer(ctx, "close", e.Time.Add(time.Hour), closing{})
		}),
		reactor.On(func(_ context.Context, e recorded[deposited]) error {
			if o.closed.Load() {
				return reactor.WithReason(errors.New("no answer from 10.0.0.7"), "the office is closed")
			}
			o.mu.Lock()
			defer o.mu.Unlock()
			o.notes = append(o.notes, e.Event.Amount)
			return nil
		}),
		reactor.Due(func(context.Context, recorded[closing]) ([]core.Commit[string, uint64, core.NoMetadata], error) {
			return nil, nil
		}),
	).WithPartitions(4)
	worker := with(reactor.NewWorker(o.store, r).WithLeases(o.leases).WithBackoff(core.Backoff{Max: 200 * time.Millisecond}))
	ctx, cancel := context.WithCancel(context.WithoutCancel(o.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(o.t, <-ended)
	})
	o.t.Cleanup(stop)
	return stop
}

type bankWorker = reactor.Worker[string, uint64, core.NoMetadata]

func repeats(w *bankWorker) *bankWorker { return w }
func parks(w *bankWorker) *bankWorker   { return w.ParkAfter(2) }

func (o *office) commit(id string, events ...core.Event) {
	o.t.Helper()
	_, err := core.CommitEvents(o.t.Context(), o.store, core.Key[string]{Kind: "account", ID: id}, events, core.NoMetadata{})
	require.NoError(o.t, err)
}

func (o *office) read() []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	notes := o.notes
	o.notes = nil
	return notes
}

// shows waits until a reactor is as it should be.
func (o *office) shows(is func(steer.Reactor) bool) (one steer.Reactor) {
	o.t.Helper()
	require.Eventually(o.t, func() bool {
		all := lines[steer.Reactor](o.t, o.must("reactors", "--json"))
		if len(all) == 1 {
			one = all[0]
		}
		return len(all) == 1 && is(one)
	}, time.Minute, poll)
	return one
}

// poll is how often the program is asked: it opens the store each time.
const poll = 200 * time.Millisecond

func state(want string) func(steer.Reactor) bool {
	return func(one steer.Reactor) bool { return one.State == want }
}

func (o *office) isDone() {
	o.t.Helper()
	o.shows(func(one steer.Reactor) bool { return one.State == steer.Running && one.Lag == 0 })
}

func TestReactorsAreListedAndSteered(t *testing.T) {
	o := newOffice(t)
	require.Empty(t, o.must("reactors"))
	o.commit("a.0", opened{"ada"}, deposited{1})
	stop := o.run(repeats)
	o.isDone()
	require.Equal(t, []int{1}, o.read())
	one := o.shows(func(one steer.Reactor) bool { return len(one.Crew.Workers) == 1 })
	require.Equal(t, "the.office", one.Name)
	require.Equal(t, []string{"account.opened", "money.deposited"}, one.Kinds)
	require.Equal(t, []int{0, 1, 2, 3}, one.Crew.Workers[0].Partitions)
	require.Equal(t, 1, one.Timers)
	require.Contains(t, o.must("reactors", "the.office"), "has 0-3")

	require.Contains(t, o.must("tail", "--once", "-n", "1"), "money.deposited", "behind the entries of the reactor")

	// One that is paused does nothing, and says so.
	require.Contains(t, o.must("reactors", "pause", "the.office"), "jetsource reactors resume the.office")
	o.shows(state(steer.Paused))
	require.Eventually(t, func() bool {
		return len(lines[steer.Reactor](t, o.must("reactors", "show", "the.office", "--json"))[0].Crew.Workers) == 0
	}, time.Minute, poll, "the worker has heeded it")
	o.commit("a.0", deposited{2})
	text := o.must("reactors", "show", "the.office")
	require.Contains(t, text, "It is paused; jetsource reactors resume the.office")
	require.Contains(t, text, "money.deposited of account a.0")
	require.Contains(t, o.must("reactors"), "paused")
	require.Empty(t, o.read())
	o.must("reactors", "resume", "the.office", "--json")
	o.isDone()
	require.Equal(t, []int{2}, o.read())

	// One that fails says where and why, and the event can be passed over.
	o.closed.Store(true)
	o.commit("a.0", deposited{3}, deposited{4})
	one = o.shows(func(one steer.Reactor) bool { return one.State == steer.Failing && one.Faults[0].Attempts > 2 })
	require.Equal(t, one.Next.Position, one.Faults[0].Position)
	require.Equal(t, "the office is closed", one.Faults[0].Reason)
	text = o.must("reactors", "show", "the.office")
	skip := fmt.Sprint("jetsource reactors skip the.office ", one.Next.Position)
	require.Contains(t, text, skip)
	require.NotContains(t, text, "10.0.0.7", "the text of an error may be personal")
	require.Contains(t, o.must(strings.Fields(skip)[1:]...), "money.deposited of account a.0")
	o.shows(func(now steer.Reactor) bool {
		return now.State == steer.Failing && now.Faults[0].Position == one.Next.Position+1
	})
	o.closed.Store(false)
	o.isDone()
	require.Equal(t, []int{4}, o.read())

	// A reset repeats what was done.
	o.must("reactors", "reset", "the.office", "0")
	o.isDone()
	require.Eventually(t, func() bool { o.mu.Lock(); defer o.mu.Unlock(); return len(o.notes) == 3 }, time.Minute, 20*time.Millisecond)
	require.Equal(t, []int{1, 2, 4}, o.read(), "what was skipped stays so")
	stop()
	o.shows(state(steer.Stopped))
	require.Contains(t, o.must("reactors", "show", "the.office"), "No worker has its partitions")
	require.Equal(t, steer.Unknown, lines[steer.Reactor](t, o.must("reactors", "--json", "--leases", "OTHER"))[0].State)

	for args, says := range map[string]string{
		"reactors nonsense":                "no reactor of this name",
		"reactors stop the.office":         "cannot \"stop\"",
		"reactors pause":                   "pause takes the name of a reactor",
		"reactors pause office":            "no reactor of this name",
		"reactors pause _office":           "underscore",
		"reactors skip the.office x":       "no position",
		"reactors skip the.office 1":       "has passed position 1",
		"reactors skip the.office 3":       "does not take",
		"reactors skip the.office 9000":    "no message at position 9000",
		"reactors reset the.office 9000":   "beyond",
		"parked nonsense":                  "cannot \"nonsense\"",
		"parked replay the.office":         "replay takes a reactor and a position",
		"parked replay the.office 3 --all": "replay takes a reactor and a position",
		"parked discard the.office 1":      "not parked",
		"parked --all":                     "--all is for",
		"timers --reactor office":          "no reactor of this name",
	} {
		code, out, errs := o.jetsource(strings.Fields(args)...)
		require.NotZero(t, code, "%s: %s", args, out)
		require.Contains(t, errs, says, args)
	}
}

func TestParkedEventsAreReplayedAndDiscarded(t *testing.T) {
	o := newOffice(t)
	o.closed.Store(true)
	stop := o.run(parks)
	o.commit("a.0", deposited{1}, deposited{2})
	o.commit("a.1", deposited{3}, deposited{4}, deposited{5})
	o.shows(func(one steer.Reactor) bool { return one.Parked == 5 })
	parked := lines[steer.Parked](t, o.must("parked", "--json"))
	require.Len(t, parked, 5)
	slices.SortFunc(parked, func(a, b steer.Parked) int { return cmp.Compare(a.Position, b.Position) })
	require.Equal(t, "account a.0", parked[0].Aggregate)
	text := o.must("parked", "--reactor", "the.office")
	require.Contains(t, text, parked[0].ID)
	require.Contains(t, text, "the office is closed (*errors.errorString)")

	// What fails again stays parked, and that is told.
	code, out, _ := o.jetsource("parked", "replay", "the.office", parked[0].ID)
	require.Equal(t, exitFindings, code)
	require.Contains(t, out, "still parked")
	require.Contains(t, out, "attempt 3: the office is closed")
	o.closed.Store(false)
	require.Contains(t, o.must("parked", "replay", "the.office", parked[0].ID), "replayed: money.deposited of account a.0")
	require.Equal(t, []int{1}, o.read())
	require.Contains(t, o.must("parked", "discard", "the.office", parked[1].ID), "discarded")

	// Without a worker it waits, and stays asked for.
	stop()
	code, _, errs := o.jetsource("parked", "replay", "the.office", parked[2].ID, "--wait", "1s")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "no worker has done it yet")
	require.Contains(t, o.must("parked"), "(a replay is asked for)")
	o.must("parked", "replay", "the.office", "--all", "--wait", "0")
	for _, one := range lines[steer.Parked](t, o.must("parked", "--json")) {
		require.True(t, one.Asked)
	}
	o.run(parks)
	replays := lines[steer.Replay](t, o.must("parked", "replay", "the.office", "--all", "--json"))
	require.Len(t, replays, 3)
	for _, one := range replays {
		require.True(t, one.Replayed)
	}
	require.ElementsMatch(t, []int{3, 4, 5}, o.read())
	require.Empty(t, o.must("parked"))
	o.must("parked", "discard", "the.office", "--all")
}

func TestTimersAreListed(t *testing.T) {
	o := newOffice(t)
	o.commit("b", opened{"bob"})
	o.commit("a", opened{"ada"})
	o.run(repeats)
	o.shows(func(one steer.Reactor) bool { return one.Timers == 2 })
	timers := lines[steer.Timer](t, o.must("timers", "--json"))
	require.Len(t, timers, 2)
	require.Equal(t, "b", timers[0].ID, "the one that is due first")
	require.Equal(t, "close", timers[0].Name)
	require.Equal(t, "account.closing", timers[0].Kind)
	require.WithinDuration(t, time.Now().Add(time.Hour), timers[0].Due, time.Minute)
	require.Contains(t, o.must("timers", "--reactor", "the.office"), "close of account b, set with account.closing")
}

// To look at reactors writes nothing, not even that a commit lost its end.
func TestLookingAtReactorsWritesNothing(t *testing.T) {
	o := newOffice(t)
	o.commit("a", opened{"ada"})
	stop := o.run(repeats)
	o.isDone()
	stop()
	require.NoError(t, o.store.Close())
	last := o.publish("events.x.account.a", "TORN 0 0/2 2 0", `{}`)
	for _, command := range []string{"reactors", "reactors show the.office", "parked", "timers"} {
		o.must(strings.Fields(command)...)
	}
	stream, err := o.js.Stream(t.Context(), "EVENTS")
	require.NoError(t, err)
	require.Equal(t, last, stream.CachedInfo().State.LastSeq)
}
