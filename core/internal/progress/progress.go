// Package progress is the version that a runner has reached, for other goroutines
// to wait on.
package progress

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jetsource/jetsource/core"
)

// ErrUnwound is why a runner ended whose Run did not return.
var ErrUnwound = errors.New("a panic or runtime.Goexit ended Run")

// Progress is the version that a runner has reached.
type Progress[Pos comparable] struct {
	compare func(a, b Pos) int

	mu      sync.Mutex // guards the fields below
	at      core.Version[Pos]
	stopped error         // why the runner ended; nil while it may advance
	changed chan struct{} // closed at the next change; nil while nothing waits for it
}

// New returns the progress of a runner that has reached no version.
func New[Pos comparable](compare func(a, b Pos) int) *Progress[Pos] {
	return &Progress[Pos]{compare: compare}
}

// Covers reports whether v is not after the version at.
func (p *Progress[Pos]) Covers(at, v core.Version[Pos]) bool {
	want, ok := v.Position()
	has, known := at.Position()
	return !ok || known && p.compare(has, want) >= 0
}

// Latest returns the latest of some versions; zero if there are none.
func (p *Progress[Pos]) Latest(versions []core.Version[Pos]) core.Version[Pos] {
	var latest core.Version[Pos]
	for _, v := range versions {
		if !p.Covers(latest, v) {
			latest = v
		}
	}
	return latest
}

// State returns the version reached, a channel that is closed when the state
// changes, and why the runner ended, if it did.
func (p *Progress[Pos]) State() (at core.Version[Pos], changed <-chan struct{}, stopped error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.at, p.changed, p.stopped
}

// Advance moves on to a version, never back.
func (p *Progress[Pos]) Advance(to core.Version[Pos]) {
	p.change(func() {
		if !p.Covers(p.at, to) {
			p.at = to
		}
	})
}

// Stop records why the runner ended, and returns the error for Run to return: nil
// if ctx has ended.
func (p *Progress[Pos]) Stop(ctx context.Context, err error) error {
	reason := err
	if ctx.Err() != nil {
		reason, err = context.Cause(ctx), nil
	}
	p.change(func() {
		p.stopped = core.ErrStopped
		if reason != nil {
			p.stopped = fmt.Errorf("%w: %w", core.ErrStopped, reason)
		}
	})
	return err
}

func (p *Progress[Pos]) change(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// wait waits until the runner has reached v, or ended.
func (p *Progress[Pos]) wait(ctx context.Context, v core.Version[Pos]) error {
	for {
		at, changed, stopped := p.State()
		switch {
		case p.Covers(at, v):
			return nil
		case stopped != nil:
			return stopped
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
