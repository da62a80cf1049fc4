package storetest

import (
	"fmt"
	"maps"
	"sync"

	"github.com/jetsource/jetsource/core"
)

// ledger is what a race was told: which commit won which version.
type ledger[Pos comparable] struct {
	mu   sync.Mutex // guards wins
	wins map[core.Version[Pos]]win[Pos]
}

type win[Pos comparable] struct {
	position Pos
	numbers  []int64
}

func (l *ledger[Pos]) add(expected core.Version[Pos], w win[Pos]) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if other, ok := l.wins[expected]; ok {
		return fmt.Errorf("version %v was won at position %v and again at %v", expected, other.position, w.position)
	}
	if l.wins == nil {
		l.wins = make(map[core.Version[Pos]]win[Pos])
	}
	l.wins[expected] = w
	return nil
}

// wantLedger checks that an aggregate has the events that the ledger says, each
// commit on the version that it won.
func (p *probe[ID, Pos, M]) wantLedger(key core.Key[ID], l *ledger[Pos]) {
	p.Helper()
	var version core.Version[Pos]
	var want []int64
	for wins := maps.Clone(l.wins); len(wins) > 0; {
		w, ok := wins[version]
		if !ok {
			p.Fatalf("%d commits were acknowledged on versions that %v was never at", len(wins), key)
		}
		delete(wins, version)
		want, version = append(want, w.numbers...), core.At(w.position)
	}
	p.wantNumbers("what the race recorded", p.load(core.Filter[ID, Pos]{Aggregate: &key}), want...)
	p.wantVersion(key, version)
}
