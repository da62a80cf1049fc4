package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *suite[ID, Pos, M]) reservedEntries() []rule {
	return []rule{
		{"reserved entries come in order, the last is the last", s.reservedInOrder},
		{"the data of a reserved entry is its reader's own", s.reservedDataIsReadersOwn},
		{"no filter selects a reserved entry", s.reservedUnseen},
		{"a reserved entry moves the latest version and no other", s.reservedMovesLatest},
		{"a reserved entry expects the version of its key", s.reservedExpects},
		{"an unchecked reserved entry takes any version", s.reservedUnchecked},
		{"reserved entries of several keys are recorded together", s.reservedTogether},
		{"two reserved entries of one key are refused", s.reservedSameKey},
		{"reserved entries and commits are recorded together", s.reservedWithCommits},
		{"a conflict of entries or commits writes nothing and says of which", s.reservedConflicts},
		{"a bad commit beside reserved entries writes nothing and is named", s.reservedBadCommit},
		{"a hostile reserved name is kept apart or refused", s.reservedHostile},
		{"of many that move a reserved key one wins each version", s.reservedRace},
		{"of many that commit beside a reserved key one wins each version", s.reservedRaceWithCommits},
		{"a reserved call whose context has ended says so", s.reservedCancelled},
	}
}

// ledgerKey and parkingKey are keys that rules use where any would do.
var (
	ledgerKey  = core.ReservedKey{Kind: "_storetest", Name: "ledger"}
	parkingKey = core.ReservedKey{Kind: "_storetest", Name: "parking"}
	namesake   = core.ReservedKey{Kind: "_storetest-other", Name: "ledger"}
)

func (p *probe[ID, Pos, M]) needReserved() core.ReservedStore[ID, Pos, M] {
	p.Helper()
	store, ok := p.store.(core.ReservedStore[ID, Pos, M])
	if !ok {
		p.Skip("this store is not a core.ReservedStore")
	}
	return store
}

// entryOf returns an entry, to be recorded unchecked.
func entryOf[Pos comparable](key core.ReservedKey, n int64) core.ReservedCommit[Pos] {
	return core.ReservedCommit[Pos]{Key: key, Unchecked: true, Kind: "storetest-entry", Data: fmt.Appendf(nil, `{"n":%d}`, n)}
}

// numberOf returns what tells an entry from the others of its rule.
func numberOf[Pos comparable](e core.ReservedEntry[Pos]) int64 {
	var data struct {
		N int64 `json:"n"`
	}
	if json.Unmarshal(e.Data, &data) != nil {
		return -1
	}
	return data.N
}

// reserve records entries that have to be taken, and returns their positions.
func (p *probe[ID, Pos, M]) reserve(entries ...core.ReservedCommit[Pos]) []Pos {
	p.Helper()
	positions, err := p.needReserved().CommitReserved(p.Context(), entries)
	if err != nil || len(positions) != len(entries) {
		p.Fatalf("record %d reserved entries: got %d positions, error %v", len(entries), len(positions), err)
	}
	return positions
}

// entries returns all entries of a key.
func (p *probe[ID, Pos, M]) entries(key core.ReservedKey) []core.ReservedEntry[Pos] {
	p.Helper()
	var all []core.ReservedEntry[Pos]
	for e, err := range p.needReserved().LoadReserved(p.Context(), key) {
		if err != nil {
			p.Fatalf("the entries of %.80v: %v", key, err)
		}
		all = append(all, e)
	}
	return all
}

// wantEntries checks the entries of a key, and that the last is the last.
func (p *probe[ID, Pos, M]) wantEntries(key core.ReservedKey, want ...int64) {
	p.Helper()
	store, all := p.needReserved(), p.entries(key)
	var got []int64
	for i, e := range all {
		got = append(got, numberOf(e))
		if e.Kind != "storetest-entry" {
			p.Errorf("entry %d of %.80v has kind %q", i, key, e.Kind)
		}
		if i > 0 && store.ComparePositions(all[i-1].Position, e.Position) >= 0 {
			p.Errorf("the entry at position %v comes after the one at %v", e.Position, all[i-1].Position)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		p.Errorf("the entries of %.80v are %v, want %v", key, got, want)
	}
	last, ok, err := store.LastReserved(p.Context(), key)
	switch {
	case err != nil:
		p.Errorf("the last entry of %.80v: %v", key, err)
	case ok != (len(want) > 0):
		p.Errorf("%.80v has a last entry: %t, but has %d entries", key, ok, len(want))
	case ok && len(all) > 0 && (last.Position != all[len(all)-1].Position || numberOf(last) != numberOf(all[len(all)-1])):
		p.Errorf("the last entry of %.80v is %d at %v, want %d at %v", key, numberOf(last), last.Position, got[len(got)-1], all[len(all)-1].Position)
	}
}

func (s *suite[ID, Pos, M]) reservedInOrder(t *testing.T) {
	p := s.open(t)
	p.needReserved()
	p.wantEntries(ledgerKey)
	var positions []Pos
	for n := range int64(5) {
		positions = append(positions, p.reserve(entryOf[Pos](ledgerKey, n))...)
		p.commit(s.key(0), notes(n)...)
		p.reserve(entryOf[Pos](parkingKey, 10+n))
		if n%2 == 0 {
			p.reserve(entryOf[Pos](namesake, 20+n))
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
		for e, err := range p.needReserved().LoadReserved(t.Context(), ledgerKey) {
			if err != nil || numberOf(e) != 0 {
				t.Errorf("the first entry is %d, error %v", numberOf(e), err)
			}
			break
		}
	}
}

func (s *suite[ID, Pos, M]) reservedDataIsReadersOwn(t *testing.T) {
	p := s.open(t)
	store := p.needReserved()
	given := entryOf[Pos](ledgerKey, 7)
	p.reserve(given)
	clear(given.Data)
	for _, e := range p.entries(ledgerKey) {
		clear(e.Data)
	}
	if last, _, _ := store.LastReserved(t.Context(), ledgerKey); len(last.Data) > 0 {
		clear(last.Data)
	}
	p.wantEntries(ledgerKey, 7)
}

func (s *suite[ID, Pos, M]) reservedUnseen(t *testing.T) {
	p, key := s.open(t), s.key(0)
	store := p.needReserved()
	all := p.follow(nil, core.Filter[ID, Pos]{})
	p.reserve(entryOf[Pos](ledgerKey, -1))
	p.commit(key, notes(1)...)
	p.reserve(entryOf[Pos](ledgerKey, -2), entryOf[Pos](parkingKey, -3))
	entries := []core.ReservedCommit[Pos]{entryOf[Pos](ledgerKey, -4)}
	if _, err := store.CommitReserved(t.Context(), entries, core.Commit[ID, Pos, M]{Key: key, Unchecked: true, Events: notes(2), Metadata: s.Metadata(0)}); err != nil {
		t.Fatalf("record an entry and a commit: %v", err)
	}
	last := core.At(p.reserve(entryOf[Pos](ledgerKey, -5))[0])
	p.wantNumbers("everything", p.load(core.Filter[ID, Pos]{}), 1, 2)
	all.want("everything", 1, 2)
	p.follow(nil, core.Filter[ID, Pos]{}).want("everything, again", 1, 2)
	after := p.follow(nil, core.Filter[ID, Pos]{After: last})

	// A reader may refuse to look for what is not the user's.
	hidden := core.Key[ID]{Kind: ledgerKey.Kind, ID: s.ID(0)}
	for _, filter := range []core.Filter[ID, Pos]{{EventKind: "storetest-entry"}, {EventKind: "_storetest"}, {Aggregate: &hidden}} {
		if events, err := p.tryLoad(t.Context(), filter); len(events) > 0 || err != nil && !errors.Is(err, core.ErrName) {
			t.Errorf("a filter %+v gives %d events, error %v", filter, len(events), err)
		}
	}
	if list, ok := p.store.(core.ListingStore[ID, Pos, M]); ok {
		for id, err := range list.IDs(t.Context(), ledgerKey.Kind) {
			if !errors.Is(err, core.ErrName) {
				t.Errorf("kind %q lists %v, error %v", ledgerKey.Kind, id, err)
			}
		}
		p.wantIDs(aggregateKind, s.ID(0))
	}
	if next, err := store.NextVersion(t.Context(), p.version(key), core.Filter[ID, Pos]{}); err != nil || !next.IsZero() {
		t.Errorf("the next version after the last event is %v, error %v; want none", next, err)
	}
	p.reserve(entryOf[Pos](ledgerKey, -6))
	p.commit(key, notes(3)...)
	after.want("everything after an entry", 3)
}

func (s *suite[ID, Pos, M]) reservedMovesLatest(t *testing.T) {
	p, key := s.open(t), s.key(0)
	store := p.needReserved()
	version := core.At(p.commit(key, notes(1)...))
	for n := range int64(3) {
		before, err := store.LatestVersion(t.Context())
		if err != nil {
			t.Fatalf("latest version: %v", err)
		}
		position := p.reserve(entryOf[Pos](ledgerKey, n))[0]
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

func (s *suite[ID, Pos, M]) reservedHostile(t *testing.T) {
	p := s.open(t)
	store := p.needReserved()
	accepted := make(map[int64]bool)
	for i, name := range hostile {
		_, err := store.CommitReserved(t.Context(), []core.ReservedCommit[Pos]{entryOf[Pos](core.ReservedKey{Kind: "_storetest", Name: name}, int64(i))})
		switch {
		case err == nil:
			accepted[int64(i)] = true
		case !errors.Is(err, core.ErrName):
			t.Errorf("%.20q is refused with %v, which does not match core.ErrName", name, err)
		}
	}
	for i, name := range hostile {
		if accepted[int64(i)] {
			p.wantEntries(core.ReservedKey{Kind: "_storetest", Name: name}, int64(i))
		}
	}
}

func (s *suite[ID, Pos, M]) reservedCancelled(t *testing.T) {
	p := s.open(t)
	store := p.needReserved()
	p.reserve(entryOf[Pos](ledgerKey, 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"CommitReserved": func() error {
			_, err := store.CommitReserved(ctx, []core.ReservedCommit[Pos]{entryOf[Pos](ledgerKey, 2)})
			return err
		},
		"LastReserved": func() error {
			_, _, err := store.LastReserved(ctx, ledgerKey)
			return err
		},
		"LoadReserved": func() (failed error) {
			for _, err := range store.LoadReserved(ctx, ledgerKey) {
				failed = err
			}
			return failed
		},
		"LoadReserved of nothing": func() (failed error) {
			for _, err := range store.LoadReserved(ctx, parkingKey) {
				failed = err
			}
			return failed
		},
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got error %v, want one that matches context.Canceled", name, err)
		}
	}
	p.wantEntries(ledgerKey, 1)
}
