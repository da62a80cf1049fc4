package snapshottest

import (
	"context"
	"errors"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos]) contexts() []suite.Rule {
	return []suite.Rule{
		{Name: "a load whose context has ended says so", Check: s.cancelledLoad},
		{Name: "an offer whose context has ended stores nothing", Check: s.cancelledOffer},
	}
}

func (s *rules[ID, Pos]) cancelledLoad(t *testing.T) {
	p := s.open(t, always)
	p.put(s.key(0), s.snapshot(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, ok, err := p.load(ctx, s.key(0)); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("got a snapshot: %t, error %v; want none, and an error that matches context.Canceled", ok, err)
	}
}

func (s *rules[ID, Pos]) cancelledOffer(t *testing.T) {
	p := s.open(t, always)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	offer, err := p.store.OfferSnapshot(ctx, s.key(0), core.SnapshotAge{Events: 1}, func() (core.Snapshot[Pos], error) { return s.snapshot(1), nil })
	if offer != core.Declined || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, error %v; want declined, and an error that matches context.Canceled", offer, err)
	}
	p.wantNone(s.key(0))
}
