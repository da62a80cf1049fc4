package coretest

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// ProjectionScenario is a projection with a history. It does not change: each of
// its methods returns another one, so that several tests can begin with the same.
type ProjectionScenario[P any, ID, Pos comparable, M any] struct {
	t          testing.TB
	projection *projection.Projection[P, ID, Pos, M]
	history    []happened[ID, Pos, M]
}

// GivenProjection returns a scenario in which nothing has happened. Events are encoded
// as JSON and decoded again, so that one that a store would refuse fails the test.
func GivenProjection[P any, ID, Pos comparable, M any](t testing.TB, p *projection.Projection[P, ID, Pos, M]) *ProjectionScenario[P, ID, Pos, M] {
	return &ProjectionScenario[P, ID, Pos, M]{t: t, projection: p}
}

// Events returns the scenario with further events of an aggregate, without
// metadata.
func (s *ProjectionScenario[P, ID, Pos, M]) Events(key core.Key[ID], events ...core.Event) *ProjectionScenario[P, ID, Pos, M] {
	s.t.Helper()
	var none M
	return s.EventsWith(key, none, events...)
}

// EventsWith is Events with metadata.
func (s *ProjectionScenario[P, ID, Pos, M]) EventsWith(key core.Key[ID], metadata M, events ...core.Event) *ProjectionScenario[P, ID, Pos, M] {
	s.t.Helper()
	all := make([]core.Recorded[core.Event, ID, Pos, M], len(events))
	for i, e := range events {
		all[i].Event, all[i].Key, all[i].Metadata = e, key, metadata
	}
	return s.Recorded(all...)
}

// Recorded is Events with their envelopes, for tests of the recorded time or of a
// command id. An event without a kind gets its own; one without a
// position gets its number, from 1, where positions are integers.
func (s *ProjectionScenario[P, ID, Pos, M]) Recorded(events ...core.Recorded[core.Event, ID, Pos, M]) *ProjectionScenario[P, ID, Pos, M] {
	s.t.Helper()
	next := &ProjectionScenario[P, ID, Pos, M]{s.t, s.projection, s.history[:len(s.history):len(s.history)]}
	for _, e := range events {
		kept, err := record(cmp.Or(e.Key.Kind, "aggregate"), []core.Event{e.Event})
		if of, ok := errors.AsType[*core.EncodeError](err); ok {
			of.Index = len(next.history)
		}
		if err != nil {
			s.t.Fatalf("given: %v", err)
		}
		if e.Kind == "" {
			e.Kind = e.Event.EventKind()
		}
		if position := reflect.ValueOf(&e.Position).Elem(); position.IsZero() {
			switch number := len(next.history) + 1; {
			case position.CanUint():
				position.SetUint(uint64(number))
			case position.CanInt():
				position.SetInt(int64(number))
			}
		}
		next.history = append(next.history, happened[ID, Pos, M]{e.Envelope, kept[0]})
	}
	return next
}

// State returns the state that the history leads to, for checks of any kind.
func (s *ProjectionScenario[P, ID, Pos, M]) State() P {
	s.t.Helper()
	state, err := s.load()
	if err != nil {
		s.t.Fatalf("state: %v", err)
	}
	return state
}

// load folds the history. A handler that panics fails the test, with its stack.
func (s *ProjectionScenario[P, ID, Pos, M]) load() (P, error) {
	s.t.Helper()
	state, err := projection.Load(context.Background(), past[ID, Pos, M]{history: s.history}, s.projection)
	if panicked, ok := errors.AsType[*core.PanicError](err); ok {
		s.t.Fatalf("%v\n%s", err, panicked.Stack)
	}
	return state, err
}

// ThenState checks the state that the history leads to. Values are compared
// deeply, and by their method Equal where they have one.
func (s *ProjectionScenario[P, ID, Pos, M]) ThenState(want P) *ProjectionScenario[P, ID, Pos, M] {
	s.t.Helper()
	if diffs := diffOf(s.State(), want); len(diffs) > 0 {
		s.t.Fatalf("then: %s is in another state%s", s.projection.Kind(), list(diffs))
	}
	return s
}

// ThenRefused checks that the history cannot be folded, because of an event that
// does not decode, and lets check look at the error; nil takes any.
func (s *ProjectionScenario[P, ID, Pos, M]) ThenRefused(check func(error)) *ProjectionScenario[P, ID, Pos, M] {
	s.t.Helper()
	state, err := s.load()
	if err == nil {
		s.t.Fatalf("then: %s took all events, and came to %s", s.projection.Kind(), show(reflect.ValueOf(&state).Elem()))
	}
	if check != nil {
		check(err)
	}
	return s
}
