package core

import (
	"context"
	"fmt"
	"sync"
)

// progress is how far a runner has come, for others to wait on.
type progress[Pos comparable] struct {
	compare func(a, b Pos) int

	mu      sync.Mutex
	at      Version[Pos]
	stopped error         // why the runner ended; nil while it may advance
	changed chan struct{} // closed at the next change; nil while nobody waits
}

// covers reports whether v is not after the version at.
func (p *progress[Pos]) covers(at, v Version[Pos]) bool {
	want, ok := v.Position()
	has, known := at.Position()
	return !ok || known && p.compare(has, want) >= 0
}

// look returns how far the runner has come, why it ended if it did, and what is
// closed when either changes.
func (p *progress[Pos]) look() (at Version[Pos], changed <-chan struct{}, stopped error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.at, p.changed, p.stopped
}

// advance moves on to a version, never back.
func (p *progress[Pos]) advance(to Version[Pos]) {
	p.change(func() {
		if !p.covers(p.at, to) {
			p.at = to
		}
	})
}

// stop records why the runner ended, and returns what Run returns: nil if it was
// asked to end.
func (p *progress[Pos]) stop(ctx context.Context, err error) error {
	reason := err
	if ctx.Err() != nil {
		reason, err = context.Cause(ctx), nil
	}
	p.change(func() {
		p.stopped = ErrStopped
		if reason != nil {
			p.stopped = fmt.Errorf("%w: %w", ErrStopped, reason)
		}
	})
	return err
}

func (p *progress[Pos]) change(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// largest returns the latest of some versions.
func (p *progress[Pos]) largest(versions []Version[Pos]) Version[Pos] {
	var most Version[Pos]
	for _, v := range versions {
		if !p.covers(most, v) {
			most = v
		}
	}
	return most
}

// wait waits until the runner has reached v, or ended.
func (p *progress[Pos]) wait(ctx context.Context, v Version[Pos]) error {
	for {
		at, changed, stopped := p.look()
		switch {
		case p.covers(at, v):
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
