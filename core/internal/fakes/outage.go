package fakes

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// ErrAway is the error of an [Outage] while it lasts.
var ErrAway = errors.New("no server answers")

// Outage is a store that can be away: everything fails then, also subscriptions that
// were there before. The zero Outage needs its Store.
type Outage[M any] struct {
	*memory.Store[string, M]

	mu   sync.Mutex // guards the fields below
	away chan struct{}
	back bool // the outage is over, or has never begun
}

// NewOutage returns a store that answers.
func NewOutage[M any](store *memory.Store[string, M]) *Outage[M] {
	return &Outage[M]{Store: store, away: make(chan struct{}), back: true}
}

// Begin begins an outage, and End ends it.
func (o *Outage[M]) Begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.away)
	o.back = false
}

// End ends an outage.
func (o *Outage[M]) End() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.away, o.back = make(chan struct{}), true
}

// fault returns why nothing works, and else a channel that is closed by the next outage.
func (o *Outage[M]) fault() (<-chan struct{}, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.back {
		return nil, ErrAway
	}
	return o.away, nil
}

// Commit fails during an outage.
func (o *Outage[M]) Commit(ctx context.Context, commits ...core.Commit[string, uint64, M]) ([]core.Committed[string, uint64, M], error) {
	if _, err := o.fault(); err != nil {
		return nil, err
	}
	return o.Store.Commit(ctx, commits...)
}

// LastEntry fails during an outage.
func (o *Outage[M]) LastEntry(ctx context.Context, key core.EntryKey) (core.StoredEntry[uint64], bool, error) {
	if _, err := o.fault(); err != nil {
		return core.StoredEntry[uint64]{}, false, err
	}
	return o.Store.LastEntry(ctx, key)
}

// LoadEvents fails during an outage.
func (o *Outage[M]) LoadEvents(ctx context.Context, filters ...core.Filter[string, uint64]) iter.Seq2[core.StoredEvent[string, uint64, M], error] {
	return o.unlessAway(ctx, func(ctx context.Context) iter.Seq2[core.StoredEvent[string, uint64, M], error] {
		return o.Store.LoadEvents(ctx, filters...)
	})
}

// Subscribe fails during an outage, and when one begins.
func (o *Outage[M]) Subscribe(ctx context.Context, filters ...core.Filter[string, uint64]) iter.Seq2[core.StoredEvent[string, uint64, M], error] {
	return o.unlessAway(ctx, func(ctx context.Context) iter.Seq2[core.StoredEvent[string, uint64, M], error] {
		return o.Store.Subscribe(ctx, filters...)
	})
}

func (o *Outage[M]) unlessAway(ctx context.Context, read func(context.Context) iter.Seq2[core.StoredEvent[string, uint64, M], error]) iter.Seq2[core.StoredEvent[string, uint64, M], error] {
	return func(yield func(core.StoredEvent[string, uint64, M], error) bool) {
		away, err := o.fault()
		if err != nil {
			yield(core.StoredEvent[string, uint64, M]{}, err)
			return
		}
		reading, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			select {
			case <-away:
				cancel()
			case <-reading.Done():
			}
		}()
		for e, err := range read(reading) {
			if !yield(e, err) || err != nil {
				return
			}
		}
		if ctx.Err() == nil && reading.Err() != nil {
			yield(core.StoredEvent[string, uint64, M]{}, ErrAway)
		}
	}
}
