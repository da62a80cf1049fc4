package main

import (
	"context"
	"errors"
	"sync"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel"
)

// Store is the event store.
type Store = core.SubscribableStore[string, uint64, core.NoMetadata]

// Serving is a model that is kept up to date, and rebuilt while it serves.
type Serving[Tx any] struct {
	store  Store
	target readmodel.Target[Tx]
	model  func(version int) *readmodel.Model[Tx, string, uint64, core.NoMetadata]

	mu      sync.Mutex // guards the fields below
	running map[int]context.CancelFunc
	all     sync.WaitGroup
	failed  chan error
}

// Run runs the layout that readers see, or the first one, until ctx ends.
func (s *Serving[Tx]) Run(ctx context.Context, name string) error {
	version, err := s.target.Promoted(ctx, name)
	if err != nil {
		return err
	}
	s.failed, s.running = make(chan error, 2), make(map[int]context.CancelFunc)
	s.start(ctx, max(version, 1))
	defer s.all.Wait()
	if version == 0 {
		// The tables are empty: readers may see them fill.
		if err := s.promote(ctx, 1, ^uint64(0)); err != nil {
			return err
		}
	}
	select {
	case err := <-s.failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// start runs a layout, unless it runs.
func (s *Serving[Tx]) start(ctx context.Context, version int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[version] != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	s.running[version] = cancel
	s.all.Go(func() {
		if err := readmodel.NewRunner(s.store, s.target, s.model(version)).Run(ctx); err != nil {
			s.failed <- err
		}
	})
}

// Rebuild fills the tables of a version, has readers see them, and drops those of the
// version before. The context of Run is serving.
func (s *Serving[Tx]) Rebuild(ctx, serving context.Context, version int) error {
	model := s.model(version)
	before, err := s.target.Promoted(ctx, model.Layout().Model)
	if err != nil || before == version {
		return err
	}
	s.start(serving, version)
	if err := s.promote(ctx, version, 10); err != nil {
		return err
	}
	s.mu.Lock()
	s.running[before]()
	delete(s.running, before)
	s.mu.Unlock()
	return readmodel.Drop(ctx, s.target, s.model(before).Layout())
}

// promote waits until a version is up to date.
func (s *Serving[Tx]) promote(ctx context.Context, version int, maxLag uint64) error {
	for attempt := 0; ; attempt++ {
		err := readmodel.Promote(ctx, s.store, s.target, s.model(version), maxLag)
		if !errors.Is(err, readmodel.ErrNotReady) && !errors.Is(err, readmodel.ErrNoProgress) {
			return err
		}
		if err := (core.Backoff{}).Wait(ctx, min(attempt, 4)); err != nil {
			return err
		}
	}
}

// Wait waits until what readers see holds a version, or sees anything at all.
func (s *Serving[Tx]) Wait(ctx context.Context, name string, v core.Version[uint64]) error {
	for {
		version, err := s.target.Promoted(ctx, name)
		if err == nil && version == 0 {
			if err = (core.Backoff{}).Wait(ctx, 0); err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		if err := readmodel.Wait(ctx, s.store, s.target, s.model(version), v); err != nil {
			return err
		}
		now, err := s.target.Promoted(ctx, name)
		if err != nil || now == version {
			return err
		}
	}
}
