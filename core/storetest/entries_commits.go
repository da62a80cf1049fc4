package storetest

import (
	"errors"
	"testing"

	"github.com/jetsource/jetsource/core"
)

// refusesEntries checks that entries and commits are refused because of the one
// at index, and leave no trace.
func (p *probe[ID, Pos, M]) refusesEntries(what string, index int, entries []core.Commit[ID, Pos, M], commits ...core.Commit[ID, Pos, M]) error {
	p.Helper()
	p.needSystem()
	before := make(map[core.EntryKey]int)
	for _, e := range entries {
		before[e.Entry.Key] = len(p.entries(e.Entry.Key))
	}
	var refusal error
	p.writesNothing(what, func() {
		_, refusal = p.record(p.Context(), append(entries, commits...)...)
		fault, ok := errors.AsType[*core.CommitError](refusal)
		if !ok || fault.Index != index {
			p.Errorf("%s: got error %v, want a core.CommitError of index %d", what, refusal, index)
		}
	})
	for key, count := range before {
		if after := len(p.entries(key)); after != count {
			p.Errorf("%s: %v has %d entries, and had %d", what, key, after, count)
		}
	}
	return refusal
}

// checked returns an entry that expects a version.
func (s *rules[ID, Pos, M]) checked(key core.EntryKey, expected core.Version[Pos], n int64) core.Commit[ID, Pos, M] {
	e := s.entry(key, n)
	e.Unchecked, e.Expected = false, expected
	return e
}

func (s *rules[ID, Pos, M]) entriesExpects(t *testing.T) {
	p := s.open(t)
	p.needSystem()
	var none core.Version[Pos]
	type entries = []core.Commit[ID, Pos, M]
	other := core.At(p.commit(s.key(0), notes(1)...))
	p.wantConflict("a version of nothing", p.refusesEntries("a version of nothing", 0, entries{p.checked(ledgerKey, other, -1)}), other, none)
	first := core.At(p.enter(p.checked(ledgerKey, none, 1))[0])
	p.commit(s.key(0), notes(2)...)
	p.enter(p.checked(parkingKey, none, 10))
	p.wantConflict("no version", p.refusesEntries("no version", 0, entries{p.checked(ledgerKey, none, -1)}), none, first)
	second := core.At(p.enter(p.checked(ledgerKey, first, 2))[0])
	p.wantConflict("an older version", p.refusesEntries("an older version", 0, entries{p.checked(ledgerKey, first, -1)}), first, second)
	newer := core.At(p.enter(p.entry(parkingKey, 11))[0])
	p.wantConflict("the version of another key", p.refusesEntries("the version of another key", 0, entries{p.checked(ledgerKey, newer, -1)}), newer, second)
	p.enter(p.checked(ledgerKey, second, 3))
	p.wantEntries(ledgerKey, 1, 2, 3)
	p.wantEntries(parkingKey, 10, 11)
}

func (s *rules[ID, Pos, M]) entriesUnchecked(t *testing.T) {
	p := s.open(t)
	p.needSystem()
	stale := core.At(p.enter(p.entry(ledgerKey, 1))[0])
	p.enter(p.entry(ledgerKey, 2))
	e := p.entry(ledgerKey, 3)
	e.Expected = stale // which is then not looked at
	p.enter(e)
	p.wantEntries(ledgerKey, 1, 2, 3)
}

func (s *rules[ID, Pos, M]) entriesTogether(t *testing.T) {
	p := s.open(t)
	store := p.needSystem()
	first := p.enter(p.entry(ledgerKey, 1))[0]
	positions := p.enter(p.checked(parkingKey, core.Version[Pos]{}, 10), p.checked(ledgerKey, core.At(first), 2), p.entry(namesake, 20))
	p.wantEntries(ledgerKey, 1, 2)
	p.wantEntries(parkingKey, 10)
	p.wantEntries(namesake, 20)
	for i, key := range []core.EntryKey{parkingKey, ledgerKey, namesake} {
		last, ok, err := store.LastEntry(t.Context(), key)
		if err != nil || !ok || last.Position != positions[i] {
			t.Errorf("entry %d is at %v (%t, error %v), but was recorded at %v", i, last.Position, ok, err, positions[i])
		}
	}
	for index := range 2 {
		entries := []core.Commit[ID, Pos, M]{p.entry(ledgerKey, -1), p.entry(parkingKey, -2)}
		entries[index].Unchecked, entries[index].Expected = false, core.At(first)
		p.wantConflict("one of two entries", p.refusesEntries("one of two entries", index, entries), core.At(first), core.At([]Pos{positions[1], positions[0]}[index]))
	}
}

func (s *rules[ID, Pos, M]) entriesSameKey(t *testing.T) {
	p := s.open(t)
	p.needSystem()
	entries := []core.Commit[ID, Pos, M]{p.entry(parkingKey, -1), p.entry(ledgerKey, -2), p.entry(parkingKey, -3)}
	if err := p.refusesEntries("two entries of one key", 2, entries); !errors.Is(err, core.ErrSameAggregate) {
		t.Errorf("got error %v, want one that matches core.ErrSameAggregate", err)
	}
	p.enter(p.entry(ledgerKey, 1), p.entry(namesake, 2)) // one name under two kinds
}

// beside returns commits to distinct aggregates, to be recorded with entries.
func (p *probe[ID, Pos, M]) beside(numbers ...int64) []core.Commit[ID, Pos, M] {
	commits := make([]core.Commit[ID, Pos, M], len(numbers))
	for i, n := range numbers {
		commits[i] = core.Commit[ID, Pos, M]{Key: p.key(i), Unchecked: true, Events: []core.Event{noted{Number: n}, counted{n + 1}}, Metadata: p.Metadata(i)}
	}
	return commits
}

func (s *rules[ID, Pos, M]) entriesWithCommits(t *testing.T) {
	p := s.open(t)
	p.needSystem()
	commits := p.beside(10, 20)
	commits[0].Unchecked = false
	commits[1].CommandID = "command"
	positions, err := p.record(t.Context(), append([]core.Commit[ID, Pos, M]{p.entry(ledgerKey, 1), p.entry(parkingKey, 2)}, commits...)...)
	if err != nil || len(positions) != 4 {
		t.Fatalf("record two entries and two commits: got %d positions, error %v", len(positions), err)
	}
	p.wantEntries(ledgerKey, 1)
	p.wantEntries(parkingKey, 2)
	events := p.load(core.Filter[ID, Pos]{})
	p.wantNumbers("what was committed beside entries", events, 10, 11, 20, 21)
	if len(events) != 4 {
		t.Fatalf("got %d events, want 4", len(events))
	}
	ids := make(map[string]bool)
	for i, e := range events {
		if want := []string{"", "command"}[i/2]; e.CommandID != want || e.Key != s.key(i/2) {
			t.Errorf("event %d is of %v and command %q, want %v and %q", i, e.Key, e.CommandID, s.key(i/2), want)
		}
		if e.Commit.Index != i%2 || e.Commit.Count != 2 || e.Commit.ID == "" {
			t.Errorf("event %d has the place %+v", i, e.Commit)
		}
		ids[e.EventID()] = true
	}
	if len(ids) != 4 {
		t.Errorf("4 events have %d ids", len(ids))
	}
	for i := range 2 {
		p.wantVersion(s.key(i), core.At(events[2*i+1].Position))
	}
}

func (s *rules[ID, Pos, M]) entriesConflicts(t *testing.T) {
	p := s.open(t)
	p.needSystem()
	var none core.Version[Pos]
	ledger := core.At(p.enter(p.entry(ledgerKey, 1))[0])
	account := core.At(p.commit(s.key(1), notes(1)...))
	for index, actual := range []core.Version[Pos]{ledger, none} {
		entries := []core.Commit[ID, Pos, M]{p.entry(ledgerKey, -1), p.entry(parkingKey, -2)}
		entries[index].Unchecked, entries[index].Expected = false, account
		p.wantConflict("an entry", p.refusesEntries("a conflict of an entry", index, entries, p.beside(-10, -20)...), account, actual)
	}
	for index, actual := range []core.Version[Pos]{none, account} {
		commits := p.beside(-10, -20)
		commits[index].Unchecked, commits[index].Expected = false, ledger
		entries := []core.Commit[ID, Pos, M]{p.checked(ledgerKey, ledger, -1), p.checked(parkingKey, none, -2)}
		p.wantConflict("a commit", p.refusesEntries("a conflict of a commit", 2+index, entries, commits...), ledger, actual)
	}
	p.wantEntries(ledgerKey, 1)
	p.wantEntries(parkingKey)
}

func (s *rules[ID, Pos, M]) entriesBadCommit(t *testing.T) {
	p := s.open(t)
	p.needSystem()
	entries := []core.Commit[ID, Pos, M]{p.entry(ledgerKey, -1), p.entry(parkingKey, -2)}
	for index := range 2 {
		commits := p.beside(-10, -20)
		commits[index].Events = []core.Event{noted{Number: -1}, unencodable{make(chan int)}}
		fault, ok := errors.AsType[*core.EncodeError](p.refusesEntries("an event that cannot be encoded", 2+index, entries, commits...))
		if !ok || fault.Index != 1 {
			t.Errorf("got error %v, want a core.EncodeError of index 1", fault)
		}
		commits = p.beside(-10, -20)
		commits[index].Events = nil
		if err := p.refusesEntries("a commit of no events", 2+index, entries, commits...); !errors.Is(err, core.ErrNoEvents) {
			t.Errorf("a commit of no events: got error %v, want one that matches core.ErrNoEvents", err)
		}
	}
	commits := p.beside(-10, -20)
	commits[1].Key = commits[0].Key
	if err := p.refusesEntries("two commits to one aggregate", 3, entries, commits...); !errors.Is(err, core.ErrSameAggregate) {
		t.Errorf("got error %v, want one that matches core.ErrSameAggregate", err)
	}
}
