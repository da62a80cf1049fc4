package jetstream_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
)

// effects counts the reactions of workers that take turns.
type effects struct {
	mu    sync.Mutex
	by    map[uint64][]string // the workers that reacted to the event at a position
	last  string              // who reacted last
	late  int                 // reactions that began after their context had ended
	hands int                 // how often another worker went on
}

func (e *effects) add(name string, position uint64, late bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if late {
		e.late++
	}
	if e.last != "" && e.last != name {
		e.hands++
	}
	e.last = name
	e.by[position] = append(e.by[position], name)
}

// since returns who has reacted last, and to how many events.
func (e *effects) since() (last string, events int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last, len(e.by)
}

// requireNoneLate checks that no reaction began late, save one at each change of hands:
// a lease can end between the worker's last look and the first line of the reaction. It
// returns how many events both workers have reacted to, and how often hands were changed.
func (e *effects) requireNoneLate(t *testing.T) (both, hands int) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, who := range e.by {
		if len(who) > 1 {
			both++
		}
	}
	t.Logf("%d events reacted to, %d changes of hands, %d events by both, %d reactions begun late", len(e.by), e.hands, both, e.late)
	require.LessOrEqual(t, e.late, e.hands, "reactions that began after their lease had ended")
	return both, e.hands
}

// commitBacklog commits more events than a worker reacts to before it is stopped.
func commitBacklog(t *testing.T, s *plainStore) {
	t.Helper()
	events := make([]core.Event, 400)
	for i := range events {
		events[i] = deposited{i}
	}
	_, err := core.CommitEvents(t.Context(), s, account("a"), events, core.NoMetadata{})
	require.NoError(t, err)
}

// handover is a worker behind a connection that can be cut off.
type handover struct {
	name string
	wire *proxy
	stop context.CancelFunc
	done chan error
}

// start begins a worker with a lease, whose effects take a while.
func (e *effects) start(t *testing.T, cfg jetstream.Config, name string) *handover {
	h := &handover{name: name, wire: newProxy(1), done: make(chan error, 1)}
	nc := h.wire.connect(t)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	leases, err := jetstream.OpenLeases(t.Context(), nc, jetstream.LeaseConfig{Bucket: cfg.Stream + "-LEASES", TTL: 600 * time.Millisecond})
	require.NoError(t, err)
	r := reactor.Define("mailer", reactor.On(func(ctx context.Context, event plainRecorded) error {
		e.add(name, event.Position, ctx.Err() != nil)
		time.Sleep(5 * time.Millisecond) // an effect that takes its time
		return nil
	}))
	h.begin(reactor.NewWorker(s, r).WithLeases(leases))
	return h
}

func (h *handover) begin(w *plainWorker) {
	ctx, cancel := context.WithCancel(context.Background())
	h.stop = cancel
	go func() { h.done <- w.Run(ctx) }()
}

// Two workers of one reactor, of which the active one is cut off again and again, and
// shut down at last: no reaction begins after its lease or context has ended. Both react to
// no more events than one can before it lets go without having written down how far it is.
func TestWorkerThatIsCutOffStopsBeforeAnotherBegins(t *testing.T) {
	t.Parallel()
	e := &effects{by: make(map[uint64][]string)}
	e.cutOff(t, soak(3, 50))
	both, hands := e.requireNoneLate(t)
	require.LessOrEqual(t, both, hands*unkept)
}

// unkept is how many effects of 5 ms a worker has while it cannot renew its lease of 600 ms,
// before it lets go.
const unkept = 120

// cutOff has two workers, and cuts off the one that is active, so many times.
func (e *effects) cutOff(t *testing.T, cuts int) {
	cfg := fresh(1)
	s := openWith[string, core.NoMetadata](t, cfg)
	commitBacklog(t, s)
	workers := []*handover{e.start(t, cfg, "a"), e.start(t, cfg, "b")}
	for range cuts {
		var last string
		_, events := e.since()
		eventually(t, func() bool { var now int; last, now = e.since(); return now > events+5 }, "the active worker goes on")
		active := workers[0]
		if last == workers[1].name {
			active = workers[1]
		}
		active.wire.hold() // nothing gets through
		active.wire.loses(func(string, []byte) bool { return true })
		eventually(t, func() bool { now, _ := e.since(); return now != last }, "the other worker takes over")
		active.wire.loses(nil)
		active.wire.release()
		commitBacklog(t, s)
	}
	for _, w := range workers {
		w.stop()
		require.NoError(t, <-w.done)
	}
	require.GreaterOrEqual(t, e.hands, cuts)
}
