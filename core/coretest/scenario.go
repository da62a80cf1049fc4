package coretest

import (
	"slices"
	"testing"

	"github.com/jetsource/jetsource/core"
)

// Scenario is an aggregate with a history. It does not change: what is done with
// it leads to another one, so that several tests can begin with the same.
type Scenario[A any] struct {
	t         testing.TB
	aggregate *core.Aggregate[A]
	history   []recorded
}

// Given returns a scenario in which history has happened; without events the
// aggregate does not exist yet. History may hold events of old kinds, as values of
// types with an EventKind or as [Raw] payloads. It is encoded as JSON and decoded again: an event
// that a store would refuse fails the test.
func Given[A any](t testing.TB, aggregate *core.Aggregate[A], history ...core.Event) *Scenario[A] {
	t.Helper()
	s, err := (&Scenario[A]{t: t, aggregate: aggregate}).with(history)
	if err != nil {
		t.Fatalf("given: %v", err)
	}
	return s
}

// with returns the scenario with further events.
func (s *Scenario[A]) with(events []core.Event) (*Scenario[A], error) {
	more, err := record(s.aggregate.Kind(), events)
	if err != nil {
		return nil, err
	}
	next := &Scenario[A]{s.t, s.aggregate, slices.Concat(s.history, more)}
	_, err = next.fold()
	return next, err
}

// When lets cmd decide. It fails the test for an event that a repository or a store
// would refuse, as one that the aggregate has no handler for, and for a command that changes what the state refers to: such a
// command would decide otherwise when it runs again.
func (s *Scenario[A]) When(cmd core.Command[A]) *Outcome[A] {
	s.t.Helper()
	if cmd == nil {
		s.t.Fatalf("when: %v", core.ErrNilCommand)
	}
	state, untouched := s.State(), s.State()
	same := len(diffOf(state, untouched)) == 0 // which no state with a function in it is
	events, err := cmd.Handle(state)
	if diffs := diffOf(state, untouched); same && len(diffs) > 0 {
		s.t.Fatalf("when %T: the command changed the state that it was given%s", cmd, list(diffs))
	}
	next := s
	if err == nil {
		var refused error
		if next, refused = s.emit(events); refused != nil {
			s.t.Fatalf("when %T: %v", cmd, refused)
		}
	}
	return &Outcome[A]{scenario: s, next: next, command: cmd, events: events, err: err}
}

// State returns the state that the history leads to, for checks of any kind.
func (s *Scenario[A]) State() A {
	s.t.Helper()
	state, err := s.fold()
	if err != nil {
		s.t.Fatalf("state: %v", err)
	}
	return state
}

// ThenState checks the state that the history leads to.
func (s *Scenario[A]) ThenState(want A) *Scenario[A] {
	s.t.Helper()
	if diffs := diffOf(s.State(), want); len(diffs) > 0 {
		s.t.Fatalf("then: %s is in another state%s", s.aggregate.Kind(), list(diffs))
	}
	return s
}

// emit returns the scenario after a command has emitted events.
func (s *Scenario[A]) emit(events []core.Event) (*Scenario[A], error) {
	for _, e := range events {
		if err := s.aggregate.Check(e); err != nil {
			return nil, err
		}
	}
	return s.with(events)
}

// fold folds the events as they are decoded, which is anew each time: state may take a
// map out of an event, and change it later.
func (s *Scenario[A]) fold() (state A, err error) {
	reader := s.aggregate.EventReader()
	for _, r := range s.history {
		events := []core.Event{r.event}
		if reader.Knows(r.event.EventKind()) {
			events, err = r.read(reader)
		}
		if err == nil {
			err = s.aggregate.Apply(&state, events...)
		}
		if err != nil {
			return state, err
		}
	}
	return state, nil
}
