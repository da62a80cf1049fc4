package coretest

import (
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/jetsource/jetsource/core"
)

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
