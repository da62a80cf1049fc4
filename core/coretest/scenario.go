package coretest

import (
	"reflect"
	"testing"

	"github.com/jetsource/jetsource/core"
)

// Scenario is an aggregate with a history. It does not change: what is done with
// it leads to another one, so that several tests can begin with the same.
type Scenario[A any] struct {
	t         testing.TB
	aggregate *core.Aggregate[A]
	history   []core.Event
}

// Given returns a scenario in which history has happened; without events the
// aggregate does not exist yet. History may hold events of old kinds.
func Given[A any](t testing.TB, aggregate *core.Aggregate[A], history ...core.Event) *Scenario[A] {
	t.Helper()
	s := &Scenario[A]{t, aggregate, history}
	if _, err := s.fold(); err != nil {
		t.Fatalf("given: %v", err)
	}
	return s
}

// When lets cmd decide. It fails the test for an event that the aggregate has no
// handler for, and for a command that changes what the state refers to: such a
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
	next := &Scenario[A]{s.t, s.aggregate, s.history}
	if err == nil {
		next.history = append(next.history[:len(next.history):len(next.history)], events...)
		if _, err := next.fold(); err != nil {
			s.t.Fatalf("when %T: %v", cmd, err)
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

// fold folds copies of the events, as what is decoded is a copy: state may take
// a map out of an event, and change it later.
func (s *Scenario[A]) fold() (A, error) {
	var state A
	for _, e := range s.history {
		if e != nil {
			e = copyOf(reflect.ValueOf(e)).Interface().(core.Event)
		}
		if err := s.aggregate.Apply(&state, e); err != nil {
			return state, err
		}
	}
	return state, nil
}
