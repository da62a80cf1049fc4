package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

const (
	racers   = 16
	maxTries = 2000 // far more than the commits of a race can conflict
)

func (s *rules[ID, Pos, M]) races() []rule {
	return []rule{
		{Name: "of many that create an aggregate one wins", Check: s.raceToCreate},
		{Name: "of many that commit at a version one wins", Check: s.raceOnVersions},
		{Name: "of many that commit unchecked none loses", Check: s.raceUnchecked},
		{Name: "of many that commit to overlapping aggregates one wins", Check: s.raceOverAggregates},
	}
}

// numbered returns numbers that no other commit of the race has.
func numbered(racer, commit int) []int64 {
	var all []int64
	for j := range 1 + (racer+commit)%3 {
		all = append(all, int64(1000*racer+10*commit+j))
	}
	return all
}

func (s *rules[ID, Pos, M]) raceToCreate(t *testing.T) {
	p, key := s.open(t), s.key(0)
	var l ledger[Pos]
	err := suite.Race(racers, func(i int) error {
		numbers := numbered(i, 0)
		position, err := p.commitAt(key, core.Version[Pos]{}, notes(numbers...)...)
		if errors.Is(err, core.ErrConflict) {
			return nil
		}
		if err != nil {
			return err
		}
		return l.add(core.Version[Pos]{}, win[Pos]{position, numbers})
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.wins) == 0 {
		t.Fatal("no racer won")
	}
	p.wantLedger(key, &l)
}

func (s *rules[ID, Pos, M]) raceOnVersions(t *testing.T) {
	s.needOrder(t)
	p, key := s.open(t), s.key(0)
	var l ledger[Pos]
	err := suite.Race(racers, func(i int) error {
		for n := range 2 {
			numbers := numbered(i, n)
			err := untilWon(func() error {
				expected, err := p.store.Version(t.Context(), key)
				if err != nil {
					return err
				}
				position, err := p.commitAt(key, expected, notes(numbers...)...)
				if err != nil {
					return err
				}
				return l.add(expected, win[Pos]{position, numbers})
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p.wantLedger(key, &l)
}

// untilWon tries again after each conflict.
func untilWon(try func() error) error {
	for range maxTries {
		if err := try(); !errors.Is(err, core.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("%d conflicts one after another", maxTries)
}

func (s *rules[ID, Pos, M]) raceUnchecked(t *testing.T) {
	p, key := s.open(t), s.key(0)
	var mu sync.Mutex
	acked := make(map[int64]Pos) // by the commit's last number; guarded by mu
	err := suite.Race(racers, func(i int) error {
		for n := range 3 {
			numbers := numbered(i, n)
			position, err := core.CommitEvents(t.Context(), p.store, key, notes(numbers...), s.Metadata(0))
			if err != nil {
				return err
			}
			mu.Lock()
			acked[numbers[len(numbers)-1]] = position
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	events := p.load(core.Filter[ID, Pos]{Aggregate: &key})
	p.wantIncreasing(events)
	if err := whole(events); err != nil {
		t.Error(err)
	}
	for _, e := range events {
		if e.Commit.Index < e.Commit.Count-1 {
			continue
		}
		if position, ok := acked[number(e.Event)]; !ok || position != e.Position {
			t.Errorf("event %d is at %v, but its commit was acknowledged at %v (or is there twice)", number(e.Event), e.Position, position)
		}
		delete(acked, number(e.Event))
	}
	if len(acked) > 0 {
		t.Errorf("%d acknowledged commits are lost", len(acked))
	}
}

func (s *rules[ID, Pos, M]) raceOverAggregates(t *testing.T) {
	s.needOrder(t)
	p := s.open(t)
	p.needAtomic()
	ledgers := make([]ledger[Pos], 4)
	err := suite.Race(racers, func(i int) error {
		numbers := numbered(i, 0)
		// Neighbours share one of their aggregates, and name them in no common order.
		pair := [2]int{(i + i%2) % 4, (i + 1 - i%2) % 4}
		return untilWon(func() error {
			var commits []core.Commit[ID, Pos, M]
			for _, k := range pair {
				commit, err := p.atVersion(t.Context(), s.key(k), numbers)
				if err != nil {
					return err
				}
				commits = append(commits, commit)
			}
			positions, err := p.commitAll(commits...)
			if err != nil {
				return err
			}
			for n, k := range pair {
				if err := ledgers[k].add(commits[n].Expected, win[Pos]{positions[n], numbers}); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for k := range ledgers {
		p.wantLedger(s.key(k), &ledgers[k])
	}
}

// atVersion returns a commit at the version that the aggregate is at now.
func (p *probe[ID, Pos, M]) atVersion(ctx context.Context, key core.Key[ID], numbers []int64) (core.Commit[ID, Pos, M], error) {
	version, err := p.store.Version(ctx, key)
	return core.Commit[ID, Pos, M]{Key: key, Expected: version, Events: notes(numbers...), Metadata: p.Metadata(0)}, err
}
