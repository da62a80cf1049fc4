package coretest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
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

// Then checks that the next commit that the reactor has made since the last Then is to an aggregate, and
// has these events.
func (s *ReactorScenario[ID, M]) Then(key core.Key[ID], want ...core.Event) *ReactorScenario[ID, M] {
	s.t.Helper()
	commit := s.next()
	if len(commit) == 0 {
		s.t.Fatalf("then: the reactor has made no commit, want one to %v", key)
	}
	var diffs []string
	if got := commit[0].Key; got != key {
		diffs = append(diffs, fmt.Sprintf("it is to %v, want to %v", got, key))
	}
	for i := range max(len(commit), len(want)) {
		switch {
		case i >= len(want):
			diffs = append(diffs, fmt.Sprintf("event %d: got a %s, want no more", i, commit[i].Kind))
		case i >= len(commit):
			diffs = append(diffs, fmt.Sprintf("event %d: got none, want %s", i, describe(want[i])))
		default:
			diffs = append(diffs, s.diffStored(i, commit[i], want[i])...)
		}
	}
	if len(diffs) > 0 {
		s.t.Fatalf("then: the reactor has made another commit than wanted%s", list(diffs))
	}
	return s
}

// diffStored compares an event that was recorded.
func (s *ReactorScenario[ID, M]) diffStored(i int, stored core.StoredEvent[ID, uint64, M], want core.Event) []string {
	if stored.Kind != want.EventKind() {
		return []string{fmt.Sprintf("event %d: got a %s, want %s", i, stored.Kind, describe(want))}
	}
	got := reflect.New(reflect.TypeOf(want))
	if err := s.store.DecodeEvent(stored, got.Interface()); err != nil {
		return []string{fmt.Sprintf("event %d: %v", i, err)}
	}
	return diffEvent(i, got.Elem().Interface().(core.Event), want)
}

// ThenNothing checks that the reactor has made no commit since the last Then.
func (s *ReactorScenario[ID, M]) ThenNothing() *ReactorScenario[ID, M] {
	s.t.Helper()
	if commit := s.next(); len(commit) > 0 {
		s.t.Fatalf("then: the reactor has made a commit to %v, with a %s, want none", commit[0].Key, commit[0].Kind)
	}
	return s
}

// ThenTimers checks which timers are pending, as "name of kind id", the one that is due first at the front.
func (s *ReactorScenario[ID, M]) ThenTimers(want ...string) *ReactorScenario[ID, M] {
	s.t.Helper()
	timers, err := s.worker.Timers(s.t.Context())
	if err != nil {
		s.t.Fatalf("then: %v", err)
	}
	var got []string
	for _, timer := range timers {
		got = append(got, fmt.Sprintf("%s of %v", timer.Name, timer.Key))
	}
	if !slices.Equal(got, want) {
		s.t.Fatalf("then: the timers are %q, want %q", got, want)
	}
	return s
}

// ThenEffects checks what was added to effects since this was checked last.
func (s *ReactorScenario[ID, M]) ThenEffects(effects *Effects, want ...string) *ReactorScenario[ID, M] {
	s.t.Helper()
	if got := effects.take(); !slices.Equal(got, want) {
		s.t.Fatalf("then: the effects are %q, want %q", got, want)
	}
	return s
}

// next returns the events of the next commit of the reactor to one aggregate.
func (s *ReactorScenario[ID, M]) next() (commit []core.StoredEvent[ID, uint64, M]) {
	s.t.Helper()
	for stored, err := range s.store.LoadEvents(s.t.Context(), core.Filter[ID, uint64]{After: s.seen}) {
		if err != nil {
			s.t.Fatalf("then: %v", err)
		}
		if len(commit) > 0 && (stored.Key != commit[0].Key || stored.Commit.ID != commit[0].Commit.ID) {
			break
		}
		if s.seen = core.At(stored.Position); !s.own[stored.Position] {
			commit = append(commit, stored)
		}
	}
	return commit
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

// Effects notes what a reactor does outside of its store. The zero Effects has none.
type Effects struct {
	mu  sync.Mutex // guards all
	all []string
}

// Add notes an effect.
func (e *Effects) Add(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, fmt.Sprintf(format, args...))
}

func (e *Effects) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.all
	e.all = nil
	return all
}
