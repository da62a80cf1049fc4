package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
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

func (p *probe[ID, Pos, M]) needSystem() core.SystemStore[ID, Pos, M] {
	p.Helper()
	store, ok := p.store.(core.SystemStore[ID, Pos, M])
	if !ok {
		p.Skip("this store is not a core.SystemStore")
	}
	return store
}

// entryOf returns an entry, to be recorded unchecked.
func (s *rules[ID, Pos, M]) entry(key core.EntryKey, n int64) core.Commit[ID, Pos, M] {
	return core.Commit[ID, Pos, M]{Unchecked: true, Entry: &core.Entry{Key: key, Kind: "storetest-entry", Data: fmt.Appendf(nil, `{"n":%d}`, n)}}
}

// numberOf returns what tells an entry from the others of its rule.
func numberOf[Pos comparable](e core.StoredEntry[Pos]) int64 {
	var data struct {
		N int64 `json:"n"`
	}
	if json.Unmarshal(e.Data, &data) != nil {
		return -1
	}
	return data.N
}

// enter records entries that have to be taken, and returns their positions.
func (p *probe[ID, Pos, M]) enter(entries ...core.Commit[ID, Pos, M]) []Pos {
	p.Helper()
	positions, err := p.record(p.Context(), entries...)
	if err != nil || len(positions) != len(entries) {
		p.Fatalf("record %d system entries: got %d positions, error %v", len(entries), len(positions), err)
	}
	return positions
}

// entries returns all entries of a key.
func (p *probe[ID, Pos, M]) entries(key core.EntryKey) []core.StoredEntry[Pos] {
	p.Helper()
	var all []core.StoredEntry[Pos]
	for e, err := range p.needSystem().LoadEntries(p.Context(), key, core.Version[Pos]{}) {
		if err != nil {
			p.Fatalf("the entries of %.80v: %v", key, err)
		}
		all = append(all, e)
	}
	return all
}

// wantEntries checks the entries of a key, and that the last is the last.
func (p *probe[ID, Pos, M]) wantEntries(key core.EntryKey, want ...int64) {
	p.Helper()
	store, all := p.needSystem(), p.entries(key)
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
	last, ok, err := store.LastEntry(p.Context(), key)
	switch {
	case err != nil:
		p.Errorf("the last entry of %.80v: %v", key, err)
	case ok != (len(want) > 0):
		p.Errorf("%.80v has a last entry: %t, but has %d entries", key, ok, len(want))
	case ok && len(all) > 0 && (last.Position != all[len(all)-1].Position || numberOf(last) != numberOf(all[len(all)-1])):
		p.Errorf("the last entry of %.80v is %d at %v, want %d at %v", key, numberOf(last), last.Position, got[len(got)-1], all[len(all)-1].Position)
	}
}

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

func (s *rules[ID, Pos, M]) entriesDataIsReadersOwn(t *testing.T) {
	p := s.open(t)
	store := p.needSystem()
	given := p.entry(ledgerKey, 7)
	p.enter(given)
	clear(given.Entry.Data)
	for _, e := range p.entries(ledgerKey) {
		clear(e.Data)
	}
	if last, _, _ := store.LastEntry(t.Context(), ledgerKey); len(last.Data) > 0 {
		clear(last.Data)
	}
	p.wantEntries(ledgerKey, 7)
}

func (s *rules[ID, Pos, M]) entriesUnseen(t *testing.T) {
	p, key := s.open(t), s.key(0)
	store := p.needSystem()
	all := p.follow(nil, core.Filter[ID, Pos]{})
	p.enter(p.entry(ledgerKey, -1))
	p.commit(key, notes(1)...)
	p.enter(p.entry(ledgerKey, -2), p.entry(parkingKey, -3))
	entries := []core.Commit[ID, Pos, M]{p.entry(ledgerKey, -4)}
	if _, err := p.record(t.Context(), append(entries, core.Commit[ID, Pos, M]{Key: key, Unchecked: true, Events: notes(2), Metadata: s.Metadata(0)})...); err != nil {
		t.Fatalf("record an entry and a commit: %v", err)
	}
	last := core.At(p.enter(p.entry(ledgerKey, -5))[0])
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
	p.enter(p.entry(ledgerKey, -6))
	p.commit(key, notes(3)...)
	after.want("everything after an entry", 3)
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

func (s *rules[ID, Pos, M]) entriesHostile(t *testing.T) {
	p := s.open(t)
	p.needSystem()
	accepted := make(map[int64]bool)
	for i, name := range suite.Hostile {
		_, err := p.record(t.Context(), p.entry(core.EntryKey{Kind: "_storetest", Name: name}, int64(i)))
		switch {
		case err == nil:
			accepted[int64(i)] = true
		case !errors.Is(err, core.ErrName):
			t.Errorf("%.20q is refused with %v, which does not match core.ErrName", name, err)
		}
	}
	for i, name := range suite.Hostile {
		if accepted[int64(i)] {
			p.wantEntries(core.EntryKey{Kind: "_storetest", Name: name}, int64(i))
		}
	}
}

func (s *rules[ID, Pos, M]) entriesCancelled(t *testing.T) {
	p := s.open(t)
	store := p.needSystem()
	p.enter(p.entry(ledgerKey, 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"Commit": func() error {
			_, err := p.record(ctx, p.entry(ledgerKey, 2))
			return err
		},
		"LastEntry": func() error {
			_, _, err := store.LastEntry(ctx, ledgerKey)
			return err
		},
		"LoadEntries": func() (failed error) {
			for _, err := range store.LoadEntries(ctx, ledgerKey, core.Version[Pos]{}) {
				failed = err
			}
			return failed
		},
		"LoadEntries of nothing": func() (failed error) {
			for _, err := range store.LoadEntries(ctx, parkingKey, core.Version[Pos]{}) {
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
