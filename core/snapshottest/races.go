package snapshottest

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

func (s *rules[ID, Pos]) races() []suite.Rule {
	return []suite.Rule{{Name: "of many that are offered the newest stays", Check: s.raceToBeLatest}}
}

// raceToBeLatest has many offer their snapshots in no order. The newest of all
// is newer than whatever it finds, so it has to be taken and to stay.
func (s *rules[ID, Pos]) raceToBeLatest(t *testing.T) {
	const racers, each = 16, 8
	p, key := s.open(t, always), s.key(0)
	stop, watched := make(chan struct{}), make(chan error, 1)
	go func() { watched <- p.watch(key, racers*each, stop) }()
	var mu sync.Mutex
	var taken []int // guarded by mu
	err := suite.Race(racers, func(i int) error {
		for n := range each {
			number := (n*racers + i) * 37 % (racers * each)
			offer, err := p.offer(key, s.snapshot(number))
			if err != nil {
				return err
			}
			if offer == core.Stored {
				mu.Lock()
				taken = append(taken, number)
				mu.Unlock()
			}
		}
		return nil
	})
	close(stop)
	if err := cmp.Or(err, <-watched); err != nil {
		t.Fatal(err)
	}
	slices.Sort(taken)
	if newest := racers*each - 1; len(taken) == 0 || taken[len(taken)-1] != newest {
		t.Errorf("the newest snapshot, %d, was not taken: %v", newest, taken)
	}
	p.want(key, s.snapshot(racers*each-1))
}

// watch loads the snapshot again and again. None is older than the one before,
// and none is a mixture of two.
func (p *probe[ID, Pos]) watch(key core.SnapshotKey[ID], count int, stop <-chan struct{}) error {
	numbers := make(map[Pos]int)
	for i := range count {
		numbers[p.Position(i)] = i
	}
	for last := -1; ; {
		select {
		case <-stop:
			return nil
		default:
		}
		snap, state, ok, err := p.load(p.Context(), key)
		if err != nil {
			return err
		}
		if !ok && last < 0 {
			continue
		}
		number, known := numbers[snap.Position]
		if !ok || !known || state.Number != number || snap.EventID != p.snapshot(number).EventID {
			return fmt.Errorf("a reader got a mixture: %v (%t) with the state of %d", snap, ok, state.Number)
		}
		if number < last && !p.Lags {
			return fmt.Errorf("a reader saw the snapshot go back from %d to %d", last, number)
		}
		last = number
	}
}
