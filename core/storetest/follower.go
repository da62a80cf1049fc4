package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
)

var (
	// promptness is how long a subscription may take for the next event, and for
	// its end.
	promptness = 10 * time.Second
	// idleness is how long nothing happens before a rule about idle subscriptions
	// goes on: longer than connections usually take to notice that they are lost.
	idleness = 1200 * time.Millisecond
)

// follower is a subscription that runs beside a rule, and what it was given.
type follower[ID, Pos comparable, M any] struct {
	*probe[ID, Pos, M]
	cancel context.CancelFunc
	ended  chan struct{}

	mu     sync.Mutex // guards what follows
	events []core.StoredEvent[ID, Pos, M]
	err    error
	more   chan struct{} // closed when there is more of it
}

func (p *probe[ID, Pos, M]) needSubscribable() core.SubscribableStore[ID, Pos, M] {
	p.Helper()
	store, ok := p.store.(core.SubscribableStore[ID, Pos, M])
	if !ok {
		p.Skip("this store is not a core.SubscribableStore")
	}
	return store
}

// follow subscribes. Each is called by the loop with what it is given, and may be
// nil.
func (p *probe[ID, Pos, M]) follow(each func(core.StoredEvent[ID, Pos, M]), filters ...core.Filter[ID, Pos]) *follower[ID, Pos, M] {
	p.Helper()
	store := p.needSubscribable()
	ctx, cancel := context.WithCancel(p.Context())
	f := &follower[ID, Pos, M]{probe: p, cancel: cancel, ended: make(chan struct{}), more: make(chan struct{})}
	go func() {
		defer close(f.ended)
		for stored, err := range store.Subscribe(ctx, filters...) {
			if !f.take(stored, err) {
				return
			}
			if each != nil {
				each(stored)
			}
		}
	}()
	p.Cleanup(func() {
		cancel()
		select {
		case <-f.ended:
		case <-time.After(promptness):
		}
	})
	return f
}

func (f *follower[ID, Pos, M]) take(stored core.StoredEvent[ID, Pos, M], err error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.err != nil:
		f.err = fmt.Errorf("after its error, %w, the subscription went on", f.err)
		return false
	case err != nil:
		f.err = err
	default:
		f.events = append(f.events, stored)
	}
	close(f.more)
	f.more = make(chan struct{})
	return true
}

func (f *follower[ID, Pos, M]) current() (events []core.StoredEvent[ID, Pos, M], more <-chan struct{}, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clip(f.events), f.more, f.err
}

// await waits for a number of events and returns them, and others that came as
// well.
func (f *follower[ID, Pos, M]) await(count int) []core.StoredEvent[ID, Pos, M] {
	f.Helper()
	for {
		events, more, err := f.current()
		switch {
		case err != nil:
			f.Fatalf("the subscription ended after %d of %d events: %v", len(events), count, err)
		case len(events) >= count:
			return events
		}
		select {
		case <-more:
		case <-f.ended:
			if events, _, err = f.current(); err == nil && len(events) < count {
				f.Fatalf("the subscription ended after %d of %d events, without an error", len(events), count)
			}
		case <-time.After(promptness):
			f.Fatalf("the subscription gave %d of %d events, and no more in %v", len(events), count, promptness)
		}
	}
}

// want waits for events and checks that they are these, and those that came as
// well none.
func (f *follower[ID, Pos, M]) want(what string, want ...int64) {
	f.Helper()
	events := f.await(len(want))
	got := make([]int64, len(events))
	for i, stored := range events {
		event, err := f.decode(stored)
		if err != nil {
			f.Fatalf("%s: %v", what, err)
		}
		got[i] = number(event)
	}
	if !slices.Equal(got, want) {
		f.Errorf("%s: the subscription gave events %v, want %v", what, got, want)
	}
}

// stop ends the context of the subscription, and checks that it ends, silently.
func (f *follower[ID, Pos, M]) stop(what string) {
	f.Helper()
	f.cancel()
	select {
	case <-f.ended:
	case <-time.After(promptness):
		f.Fatalf("%s: the subscription did not end with its context in %v", what, promptness)
	}
	if _, _, err := f.current(); err != nil {
		f.Errorf("%s: the context ended, and the subscription gave the error %v", what, err)
	}
}
