package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/jetsource/jetsource/core"
)

// probe is a store under test and how a rule speaks to it. What has to work ends
// the rule when it does not; what may fail returns an error.
type probe[ID, Pos comparable, M any] struct {
	*testing.T
	*rules[ID, Pos, M]
	store core.EventStore[ID, Pos, M]
}

// recorded is an event as rules look at it: decoded, of any kind.
type recorded[ID, Pos comparable, M any] = core.Recorded[core.Event, ID, Pos, M]

func (s *rules[ID, Pos, M]) open(t *testing.T) *probe[ID, Pos, M] {
	t.Helper()
	return &probe[ID, Pos, M]{T: t, rules: s, store: s.Open(t)}
}

// key returns the i-th of distinct aggregates.
func (s *rules[ID, Pos, M]) key(i int) core.Key[ID] {
	return core.Key[ID]{Kind: aggregateKind, ID: s.ID(i)}
}

// global reports whether the positions order all events of the store.
func (p *probe[ID, Pos, M]) global() bool {
	_, ok := p.store.(core.GloballyOrderedStore[ID, Pos, M])
	return ok
}

// atomic reports whether the store can commit to several aggregates at once.
func (p *probe[ID, Pos, M]) atomic() bool {
	_, ok := p.store.(core.AtomicStore[ID, Pos, M])
	return ok
}

func (p *probe[ID, Pos, M]) needGlobal() core.GloballyOrderedStore[ID, Pos, M] {
	p.Helper()
	store, ok := p.store.(core.GloballyOrderedStore[ID, Pos, M])
	if !ok {
		p.Skip("this store is not a core.GloballyOrderedStore")
	}
	return store
}

func (p *probe[ID, Pos, M]) needAtomic() core.AtomicStore[ID, Pos, M] {
	p.Helper()
	store, ok := p.store.(core.AtomicStore[ID, Pos, M])
	if !ok {
		p.Skip("this store is not a core.AtomicStore")
	}
	return store
}

// load returns the events that match the filters, decoded.
func (p *probe[ID, Pos, M]) load(filters ...core.Filter[ID, Pos]) []recorded[ID, Pos, M] {
	p.Helper()
	events, err := p.tryLoad(p.Context(), filters...)
	if err != nil {
		p.Fatalf("load: %v", err)
	}
	return events
}

// tryLoad is load, for rules that expect an error and for goroutines of rules.
// It decodes when the loop has ended, so data that the store reuses shows.
func (p *probe[ID, Pos, M]) tryLoad(ctx context.Context, filters ...core.Filter[ID, Pos]) ([]recorded[ID, Pos, M], error) {
	var all []core.StoredEvent[ID, Pos, M]
	var failed error
	for stored, err := range p.store.LoadEvents(ctx, filters...) {
		if failed != nil {
			return nil, fmt.Errorf("after its error, %w, the read went on", failed)
		}
		if failed = err; err == nil {
			all = append(all, stored)
		}
	}
	events := make([]recorded[ID, Pos, M], len(all))
	for i, stored := range all {
		event, err := p.decode(stored)
		if err != nil {
			return nil, err
		}
		events[i] = recorded[ID, Pos, M]{Envelope: stored.Envelope, Event: event}
	}
	return events, failed
}

func (p *probe[ID, Pos, M]) decode(stored core.StoredEvent[ID, Pos, M]) (core.Event, error) {
	switch stored.Kind {
	case notedKind:
		return core.Decode[noted](p.store, stored)
	case countedKind:
		return core.Decode[counted](p.store, stored)
	}
	var e kinded // of any kind: core.Decode reads events of one
	err := p.store.DecodeEvent(stored, &e)
	e.Kind = stored.Kind
	return e, err
}

// wantNumbers checks which events were loaded. Where positions do not order the
// events of several aggregates, their order is not looked at.
func (p *probe[ID, Pos, M]) wantNumbers(what string, events []recorded[ID, Pos, M], want ...int64) {
	p.Helper()
	got := numbers(events)
	oneAggregate := len(events) > 0 && !slices.ContainsFunc(events, func(e recorded[ID, Pos, M]) bool { return e.Key != events[0].Key })
	if !p.global() && !oneAggregate {
		got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	}
	if !slices.Equal(got, want) {
		p.Errorf("%s: got events %v, want %v", what, got, want)
	}
}

func numbers[ID, Pos comparable, M any](events []recorded[ID, Pos, M]) []int64 {
	all := make([]int64, len(events))
	for i, e := range events {
		all[i] = number(e.Event)
	}
	return all
}
