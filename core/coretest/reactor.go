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
	t      testing.TB
	store  *memory.Store[ID, M]
	worker *reactor.Worker[ID, uint64, M]
	ended  chan error
	own    map[uint64]bool // positions of what the test recorded
	seen   core.Version[uint64]
}

// GivenReactor runs a reactor on a store, until the test ends. It is called in a bubble of
// [synctest.Test]. A reaction that fails is not repeated: it fails the test.
func GivenReactor[ID comparable, M any](t testing.TB, store *memory.Store[ID, M], r *reactor.Reactor[ID, uint64, M]) *ReactorScenario[ID, M] {
	t.Helper()
	s := &ReactorScenario[ID, M]{
		t: t, store: store, worker: reactor.NewWorker(store, r).StopAfter(1), ended: make(chan error, 1), own: make(map[uint64]bool),
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel()
		synctest.Wait()
	})
	go func() { s.ended <- s.worker.Run(ctx) }()
	s.settle()
	return s
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

// Passes lets time pass, and timers fire that are due in it.
func (s *ReactorScenario[ID, M]) Passes(d time.Duration) *ReactorScenario[ID, M] {
	s.t.Helper()
	time.Sleep(d)
	s.settle()
	return s
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
