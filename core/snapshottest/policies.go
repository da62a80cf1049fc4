package snapshottest

import (
	"errors"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos]) policies() []suite.Rule {
	return []suite.Rule{
		{Name: "a snapshot that is not due is declined, and not created", Check: s.notDue},
		{Name: "a snapshot that is due is taken", Check: s.due},
		{Name: "a snapshot that is due by its age is taken", Check: s.dueByAge},
		{Name: "a store that tells its policy tells what it decides by", Check: s.tellsPolicy},
		{Name: "the policy that is never takes none", Check: s.never},
		{Name: "a store that takes none loads what is there", Check: s.neverLoads},
		{Name: "a snapshot is created once", Check: s.createdOnce},
	}
}

func (s *rules[ID, Pos]) notDue(t *testing.T) {
	p := s.open(t, core.SnapshotEvery(3))
	for since := range 3 {
		p.wantDeclined(since)
	}
	p.wantNone(s.key(0))
}

func (s *rules[ID, Pos]) never(t *testing.T) {
	p := s.open(t, core.SnapshotPolicy{})
	for _, since := range []int{0, 1, 100, 1 << 30} {
		p.wantDeclined(since)
	}
	p.wantNone(s.key(0))
}

// wantDeclined offers a snapshot that is not due.
func (p *probe[ID, Pos]) wantDeclined(since int) {
	p.Helper()
	offer, err := p.store.OfferSnapshot(p.Context(), p.key(0), core.SnapshotAge{Events: since}, func() (core.Snapshot[Pos], error) {
		p.Errorf("after %d events create is called", since)
		return p.snapshot(0), nil
	})
	if err != nil || offer != core.Declined {
		p.Errorf("after %d events: got %v, error %v; want declined", since, offer, err)
	}
}

func (s *rules[ID, Pos]) due(t *testing.T) {
	p := s.open(t, core.SnapshotEvery(3))
	for i, since := range []int{3, 4, 1000} {
		offer, err := p.store.OfferSnapshot(t.Context(), s.key(0), core.SnapshotAge{Events: since}, func() (core.Snapshot[Pos], error) {
			return s.snapshot(i), nil
		})
		if err != nil || offer != core.Stored {
			t.Fatalf("after %d events: got %v, error %v; want stored", since, offer, err)
		}
		p.want(s.key(0), s.snapshot(i))
	}
}

func (s *rules[ID, Pos]) dueByAge(t *testing.T) {
	p := s.open(t, core.SnapshotAfter(time.Hour))
	for i, c := range []struct {
		age  core.SnapshotAge
		want core.SnapshotOffer
	}{
		{core.SnapshotAge{Events: 1000, Time: time.Minute}, core.Declined},
		{core.SnapshotAge{Events: 0, Time: 2 * time.Hour}, core.Declined},
		{core.SnapshotAge{Events: 1, Time: time.Hour}, core.Stored},
	} {
		offer, err := p.store.OfferSnapshot(t.Context(), s.key(0), c.age, func() (core.Snapshot[Pos], error) { return s.snapshot(i), nil })
		if err != nil || offer != c.want {
			t.Errorf("at the age of %+v: got %v, error %v; want %v", c.age, offer, err, c.want)
		}
	}
}

func (s *rules[ID, Pos]) tellsPolicy(t *testing.T) {
	for _, policy := range []core.SnapshotPolicy{{}, core.SnapshotEvery(3), core.SnapshotEvery(5).OrAfter(time.Minute)} {
		told, ok := s.open(t, policy).store.(core.PolicySnapshots)
		if !ok {
			t.Skip("the store does not tell its policy")
		}
		if got := told.SnapshotPolicy(); got != policy {
			t.Errorf("got %+v, want %+v", got, policy)
		}
	}
}

func (s *rules[ID, Pos]) neverLoads(t *testing.T) {
	if s.Again == nil {
		t.Skip("the harness has no Again")
	}
	p := s.open(t, always)
	p.put(s.key(0), s.snapshot(1))
	p.store = s.Again(t, p.store, core.SnapshotPolicy{})
	p.want(s.key(0), s.snapshot(1))
	p.wantDeclined(1000)
}

func (s *rules[ID, Pos]) createdOnce(t *testing.T) {
	p := s.open(t, always)
	for i, fails := range []error{nil, errors.New("cannot be had"), nil} {
		calls := 0
		_, err := p.store.OfferSnapshot(t.Context(), s.key(0), core.SnapshotAge{Events: 1}, func() (core.Snapshot[Pos], error) {
			calls++
			return s.snapshot(i), fails
		})
		if calls != 1 {
			t.Errorf("create was called %d times (error %v)", calls, err)
		}
	}
}
