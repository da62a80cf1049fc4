package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos, M]) listing() []rule {
	return []rule{
		{Name: "the aggregates of a kind are listed once each", Check: s.listOnce},
		{Name: "a hostile id is listed as it is", Check: s.listHostile},
		{Name: "a list can be broken off", Check: s.listBrokenOff},
		{Name: "a list whose context has ended says so", Check: s.listCancelled},
	}
}

func (p *probe[ID, Pos, M]) needListing() core.ListingStore[ID, Pos, M] {
	p.Helper()
	store, ok := p.store.(core.ListingStore[ID, Pos, M])
	if !ok {
		p.Skip("this store is not a core.ListingStore")
	}
	return store
}

// wantIDs checks which aggregates of a kind there are, in whatever order.
func (p *probe[ID, Pos, M]) wantIDs(kind string, want ...ID) {
	p.Helper()
	var got []ID
	for id, err := range p.needListing().IDs(p.Context(), kind) {
		if err != nil {
			p.Fatalf("the ids of kind %q: %v", kind, err)
		}
		got = append(got, id)
	}
	if len(got) != len(want) {
		p.Errorf("kind %q has %d ids, %.300v; want %d", kind, len(got), got, len(want))
	}
	for _, id := range want {
		if !slices.Contains(got, id) {
			p.Errorf("kind %q does not list %.80v", kind, id)
		}
	}
}

func (s *rules[ID, Pos, M]) listOnce(t *testing.T) {
	p := s.open(t)
	p.needListing()
	p.wantIDs(aggregateKind)
	for i := range 9 {
		p.commit(s.key(i%4), notes(1, 2)...)
	}
	p.commit(core.Key[ID]{Kind: aggregateKind + ".other", ID: s.ID(1)}, notes(1)...)
	p.commit(core.Key[ID]{Kind: aggregateKind + ".other", ID: s.ID(5)}, counted{1})
	p.wantIDs(aggregateKind, s.ID(0), s.ID(1), s.ID(2), s.ID(3))
	p.wantIDs(aggregateKind+".other", s.ID(1), s.ID(5))
	p.wantIDs("storetest.unheard")
}

func (s *rules[ID, Pos, M]) listHostile(t *testing.T) {
	if s.TextID == nil {
		t.Skip("the harness has no TextID, so no hostile ids are tried")
	}
	p := s.open(t)
	p.needListing()
	var want []ID
	for _, text := range append([]string{"", "_", "_INBOX"}, suite.Hostile...) {
		id := s.TextID(text)
		_, err := core.CommitEvents(t.Context(), p.store, core.Key[ID]{Kind: aggregateKind, ID: id}, notes(1), s.Metadata(0))
		switch {
		case err == nil:
			want = append(want, id)
		case !errors.Is(err, core.ErrName):
			t.Fatalf("commit under %.20q: %v", text, err)
		}
	}
	p.wantIDs(aggregateKind, want...)
}

func (s *rules[ID, Pos, M]) listBrokenOff(t *testing.T) {
	p := s.open(t)
	store := p.needListing()
	for i := range 4 {
		p.commit(s.key(i), notes(1)...)
	}
	ids := store.IDs(t.Context(), aggregateKind)
	for range 3 {
		for _, err := range ids {
			if err != nil {
				t.Fatalf("list: %v", err)
			}
			break
		}
		p.wantIDs(aggregateKind, s.ID(0), s.ID(1), s.ID(2), s.ID(3))
	}
}

func (s *rules[ID, Pos, M]) listCancelled(t *testing.T) {
	p := s.open(t)
	store := p.needListing()
	p.commit(s.key(0), notes(1)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, kind := range []string{aggregateKind, "storetest.unheard"} {
		var failed error
		for _, err := range store.IDs(ctx, kind) {
			failed = err
		}
		if !errors.Is(failed, context.Canceled) {
			t.Errorf("the ids of kind %q: got error %v, want one that matches context.Canceled", kind, failed)
		}
	}
}
