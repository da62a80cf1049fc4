package coretest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/reactor"
)

// ReactorScenario is a reactor at work on a store in memory, with the clock of the bubble that
// [synctest.Test] makes: time passes when the test says so.
type ReactorScenario[ID comparable, M any] struct {
	t       testing.TB
	store   *memory.Store[ID, M]
	reactor *reactor.Reactor[ID, uint64, M]
	worker  *reactor.Worker[ID, uint64, M]
	stop    context.CancelFunc // stops the worker
	ended   chan error
	own     map[uint64]bool // positions of what the test recorded
	seen    core.Version[uint64]
}

// GivenReactor runs a reactor on a store, until the test ends. It is called in a bubble of
// [synctest.Test]. A reaction that fails is not repeated: it fails the test.
func GivenReactor[ID comparable, M any](t testing.TB, store *memory.Store[ID, M], r *reactor.Reactor[ID, uint64, M]) *ReactorScenario[ID, M] {
	t.Helper()
	s := &ReactorScenario[ID, M]{t: t, store: store, reactor: r, own: make(map[uint64]bool)}
	t.Cleanup(func() {
		s.stop()
		synctest.Wait()
	})
	s.run()
	s.settle()
	return s
}

// run runs a worker, the first one or one that goes on where the last one was stopped.
func (s *ReactorScenario[ID, M]) run() {
	ctx, stop := context.WithCancel(context.Background())
	s.worker, s.stop, s.ended = reactor.NewWorker(s.store, s.reactor).StopAfter(1), stop, make(chan error, 1)
	worker, ended := s.worker, s.ended
	go func() { ended <- worker.Run(ctx) }()
}

// Given records events of an aggregate, and has the reactor react. What comes of it is not for
// the next Then.
func (s *ReactorScenario[ID, M]) Given(key core.Key[ID], events ...core.Event) *ReactorScenario[ID, M] {
	s.t.Helper()
	s.When(key, events...)
	s.seen = s.latest()
	return s
}

// When records events of an aggregate, and has the reactor react to them, and to the outputs of
// that. It takes some milliseconds.
func (s *ReactorScenario[ID, M]) When(key core.Key[ID], events ...core.Event) *ReactorScenario[ID, M] {
	s.t.Helper()
	last, _ := Seed(s.t, s.store, key, events...).Position()
	for i := range events {
		s.own[last-uint64(i)] = true
	}
	s.settle()
	return s
}

// Passes lets time pass, and timers fire that are due in it. Years pass in moments: between
// two timers the reactor stands still.
func (s *ReactorScenario[ID, M]) Passes(d time.Duration) *ReactorScenario[ID, M] {
	s.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		next := s.nextDue(end)
		s.stop()
		if err := <-s.ended; err != nil {
			s.t.Fatalf("the worker has ended: %v", err)
		}
		time.Sleep(time.Until(next))
		s.run()
		s.settle()
	}
	return s
}

// nextDue returns when the next timer is due; end if none is before that.
func (s *ReactorScenario[ID, M]) nextDue(end time.Time) time.Time {
	s.t.Helper()
	timers, err := s.worker.Timers(s.t.Context())
	if err != nil {
		s.t.Fatalf("%v", err)
	}
	next := end
	for _, t := range timers {
		if t.Due.Before(next) {
			next = t.Due
		}
	}
	return next
}

func (s *ReactorScenario[ID, M]) latest() core.Version[uint64] {
	s.t.Helper()
	latest, err := s.store.LatestVersion(s.t.Context())
	if err != nil {
		s.t.Fatalf("%v", err)
	}
	return latest
}

// settle waits until all events and due timers have been reacted to.
func (s *ReactorScenario[ID, M]) settle() {
	s.t.Helper()
	for before := (core.Version[uint64]{}); ; {
		time.Sleep(10 * time.Millisecond) // longer than a worker waits for more to record
		synctest.Wait()
		select {
		case err := <-s.ended:
			s.t.Fatalf("the worker has ended: %v", err)
		default:
		}
		if err := s.worker.CatchUp(s.t.Context()); err != nil {
			s.t.Fatalf("the worker has ended: %v", err)
		}
		now := s.latest()
		if now == before || now.IsZero() {
			return
		}
		before = now
	}
}
