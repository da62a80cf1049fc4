package storetest

import (
	"slices"
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) systemEntries() []rule {
	return []rule{
		{Name: "system entries come in order, the last is the last", Check: s.entriesInOrder},
		{Name: "the data of a system entry is its reader's own", Check: s.entriesDataIsReadersOwn},
		{Name: "the keys of a kind that have entries are listed, each once", Check: s.entryKeys},
		{Name: "no filter selects a system entry", Check: s.entriesUnseen},
		{Name: "system entries are read from a version on", Check: s.entriesFrom},
		{Name: "a system entry moves the latest version and no other", Check: s.entriesMovesLatest},
		{Name: "a system entry expects the version of its key", Check: s.entriesExpects},
		{Name: "an unchecked system entry takes any version", Check: s.entriesUnchecked},
		{Name: "system entries of several keys are recorded together", Check: s.entriesTogether},
		{Name: "two system entries of one key are refused", Check: s.entriesSameKey},
		{Name: "system entries and commits are recorded together", Check: s.entriesWithCommits},
		{Name: "a conflict of entries or commits writes nothing and says of which", Check: s.entriesConflicts},
		{Name: "a bad commit beside system entries writes nothing and is named", Check: s.entriesBadCommit},
		{Name: "a hostile entry name is kept apart or refused", Check: s.entriesHostile},
		{Name: "of many that move an entry key one wins each version", Check: s.entriesRace},
		{Name: "of many that commit beside an entry key one wins each version", Check: s.entriesRaceWithCommits},
		{Name: "an entry call whose context has ended says so", Check: s.entriesCancelled},
	}
}

// ledgerKey and parkingKey are keys that rules use where any would do.
var (
	ledgerKey  = core.EntryKey{Kind: "_storetest", Name: "ledger"}
	parkingKey = core.EntryKey{Kind: "_storetest", Name: "parking"}
	namesake   = core.EntryKey{Kind: "_storetest-other", Name: "ledger"}
)

func (s *rules[ID, Pos, M]) entriesInOrder(t *testing.T) {
	p := s.open(t)
	p.needSystem()
	p.wantEntries(ledgerKey)
	var positions []Pos
	for n := range int64(5) {
		positions = append(positions, p.enter(p.entry(ledgerKey, n))...)
		p.commit(s.key(0), notes(n)...)
		p.enter(p.entry(parkingKey, 10+n))
		if n%2 == 0 {
			p.enter(p.entry(namesake, 20+n))
		}
	}
	p.wantEntries(ledgerKey, 0, 1, 2, 3, 4)
	p.wantEntries(parkingKey, 10, 11, 12, 13, 14)
	p.wantEntries(namesake, 20, 22, 24)
	for i, e := range p.entries(ledgerKey) {
		if i < len(positions) && e.Position != positions[i] {
			t.Errorf("entry %d is at %v, but was recorded at %v", i, e.Position, positions[i])
		}
	}
	for range 2 { // a loop that is broken off, and another over the same
		for e, err := range p.needSystem().LoadEntries(t.Context(), ledgerKey, core.Version[Pos]{}) {
			if err != nil || numberOf(e) != 0 {
				t.Errorf("the first entry is %d, error %v", numberOf(e), err)
			}
			break
		}
	}
}

func (s *rules[ID, Pos, M]) entriesFrom(t *testing.T) {
	p := s.open(t)
	store := p.needSystem()
	var positions []Pos
	for n := range int64(5) {
		positions = append(positions, p.enter(p.entry(ledgerKey, n))...)
		positions = append(positions, p.enter(p.entry(parkingKey, n))...)
	}
	for i, from := range positions {
		var got, want []int64
		for e, err := range store.LoadEntries(t.Context(), ledgerKey, core.At(from)) {
			if err != nil {
				t.Fatalf("entries from %v on: %v", from, err)
			}
			got = append(got, numberOf(e))
		}
		for n := int64(i+1) / 2; n < 5; n++ { // from between two of them, the next one
			want = append(want, n)
		}
		if !slices.Equal(got, want) {
			t.Errorf("the entries from %v on are %v, want %v", from, got, want)
		}
	}
}

func (s *rules[ID, Pos, M]) entriesMovesLatest(t *testing.T) {
	p, key := s.open(t), s.key(0)
	store := p.needSystem()
	version := core.At(p.commit(key, notes(1)...))
	for n := range int64(3) {
		before, err := store.LatestVersion(t.Context())
		if err != nil {
			t.Fatalf("latest version: %v", err)
		}
		position := p.enter(p.entry(ledgerKey, n))[0]
		after, err := store.LatestVersion(t.Context())
		if err != nil || after != core.At(position) {
			t.Errorf("the latest version is %v, error %v; want %v, that of the entry", after, err, position)
		}
		if at, _ := before.Position(); store.ComparePositions(at, position) >= 0 {
			t.Errorf("the entry is at %v, but the store was at %v before", position, before)
		}
		if got := store.Distance(before, after); got != 1 {
			t.Errorf("the distance over an entry is %d, want 1", got)
		}
		p.wantVersion(key, version)
	}
}
