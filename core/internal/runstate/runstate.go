// Package runstate keeps how a runner does, for its Health.
package runstate

import (
	"context"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
)

// State is the part of a [core.Health] that a runner writes. The zero State is that of a
// runner that has not begun.
type State struct {
	mu    sync.Mutex // guards the fields below
	state core.RunnerState
	since time.Time
	err   error
}

// Get returns what the runner wrote.
func (s *State) Get() core.Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == "" {
		return core.Health{State: core.RunnerNew}
	}
	return core.Health{State: s.state, Since: s.since, Err: s.err}
}

// Set is for a state that says nothing of errors before: a runner that fails does so
// until it calls OK.
func (s *State) Set(state core.RunnerState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != core.RunnerFailing || state != core.RunnerWorking {
		s.change(state, s.err)
	}
}

// OK says that work goes on.
func (s *State) OK() { s.with(core.RunnerWorking, nil) }

// Fail says that something fails and is tried again.
func (s *State) Fail(err error) { s.with(core.RunnerFailing, err) }

// Stop says that Run has ended; err is nil if its context has.
func (s *State) Stop(err error) { s.with(core.RunnerStopped, err) }

func (s *State) with(state core.RunnerState, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change(state, err)
}

// change is called with the lock.
func (s *State) change(state core.RunnerState, err error) {
	if s.state != state {
		s.state, s.since = state, time.Now()
	}
	s.err = err
}

// Resume says that a runner goes on. After a failure the store is asked first, so that
// one that is still away does not pass for one that works.
func Resume[ID, Pos comparable, M any](ctx context.Context, s *State, store core.GloballyOrderedStore[ID, Pos, M]) error {
	if s.Get().State == core.RunnerFailing {
		if _, err := store.LatestVersion(ctx); err != nil {
			return err
		}
	}
	s.OK()
	return nil
}

// Health returns how a runner does that has processed the events up to a version of those
// that the filters select, which are after that version. The error is of the store.
func Health[ID, Pos comparable, M any](ctx context.Context, s *State, store core.SubscribableStore[ID, Pos, M], at core.Version[Pos], filters []core.Filter[ID, Pos]) (core.Health, error) {
	h := s.Get()
	var err error
	h.Lag, h.Behind, err = Lag(ctx, store, at, filters)
	return h, err
}

// Behind returns how many events of the store, of any kind, there are after a version; 0 if
// the filters select none of those.
func Behind[ID, Pos comparable, M any](ctx context.Context, store core.SubscribableStore[ID, Pos, M], at core.Version[Pos], filters []core.Filter[ID, Pos]) (uint64, error) {
	next, err := store.NextVersion(ctx, at, filters...)
	if err != nil || next.IsZero() {
		return 0, err
	}
	end, err := store.LatestVersion(ctx)
	if err != nil {
		return 0, err
	}
	return store.Distance(at, end), nil
}

// Lag returns how far what has processed the events up to a version is behind the store.
// The filters select what it processes, after that version.
func Lag[ID, Pos comparable, M any](ctx context.Context, store core.SubscribableStore[ID, Pos, M], at core.Version[Pos], filters []core.Filter[ID, Pos]) (events uint64, behind time.Duration, err error) {
	events, err = Behind(ctx, store, at, filters)
	if err != nil || events == 0 {
		return 0, 0, err
	}
	for stored, err := range store.LoadEvents(ctx, filters...) {
		if err != nil {
			return events, 0, err
		}
		return events, max(time.Since(stored.Time), 0), nil
	}
	return events, 0, nil
}
