package storetest

import (
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) tornCommits() []rule {
	return []rule{
		{Name: "no read sees an event of a torn commit", Check: s.tornUnread},
		{Name: "a torn commit moves no version", Check: s.tornVersions},
		{Name: "an aggregate of a torn commit alone is not listed", Check: s.tornUnlisted},
		{Name: "an aggregate goes on from its version before a torn commit", Check: s.tornGoesOn},
		{Name: "a commit torn between aggregates is void for all of them", Check: s.tornBetween},
		{Name: "a system entry of a torn commit is void", Check: s.tornEntries},
		{Name: "a subscription passes over a torn commit", Check: s.tornFollowed},
		{Name: "what is committed after a torn commit comes at higher positions, in order", Check: s.tornOrder},
	}
}

// openTearable opens a store whose commits the harness can tear.
func (s *rules[ID, Pos, M]) openTearable(t *testing.T) *probe[ID, Pos, M] {
	t.Helper()
	if s.Tear == nil {
		t.Skip("the harness has no Tear, so no commit is torn")
	}
	return s.open(t)
}

// tear makes commits of which the store keeps only the first events and entries.
func (p *probe[ID, Pos, M]) tear(keep int, commits ...core.Commit[ID, Pos, M]) {
	p.Helper()
	p.Tear(p.T, p.store, keep, commits...)
}

// unchecked returns a commit of events that expects no version.
func (s *rules[ID, Pos, M]) unchecked(key core.Key[ID], events ...core.Event) core.Commit[ID, Pos, M] {
	return core.Commit[ID, Pos, M]{Key: key, Unchecked: true, Events: events, Metadata: s.Metadata(0)}
}

func (s *rules[ID, Pos, M]) tornUnread(t *testing.T) {
	p, a, b := s.openTearable(t), s.key(0), s.key(1)
	want := func(what string, ofA, ofB []int64) {
		t.Helper()
		all := append(append([]int64(nil), ofA...), ofB...)
		p.wantNumbers(what+", all events", p.load(core.Filter[ID, Pos]{}), all...)
		p.wantNumbers(what+", by two kinds", p.load(core.Filter[ID, Pos]{EventKind: notedKind}, core.Filter[ID, Pos]{EventKind: countedKind}), all...)
		p.wantNumbers(what+", by two aggregates", p.load(core.Filter[ID, Pos]{Aggregate: &a}, core.Filter[ID, Pos]{Aggregate: &b}), all...)
		p.wantNumbers(what+", by kind", p.load(core.Filter[ID, Pos]{EventKind: notedKind}), all...)
		p.wantNumbers(what+", by another kind", p.load(core.Filter[ID, Pos]{EventKind: countedKind}))
		p.wantNumbers(what+", by aggregate", p.load(core.Filter[ID, Pos]{Aggregate: &a}), ofA...)
		p.wantNumbers(what+", by another aggregate", p.load(core.Filter[ID, Pos]{Aggregate: &b}), ofB...)
		p.wantNumbers(what+", by kind and aggregate", p.load(core.Filter[ID, Pos]{EventKind: notedKind, Aggregate: &a}), ofA...)
	}
	long := p.unchecked(a, noted{Number: -1}, counted{-2}, noted{Number: -3})
	p.tear(2, long)
	want("a store with a torn commit alone", nil, nil)
	p.commit(a, notes(1, 2)...)
	want("a torn commit, then a whole one", []int64{1, 2}, nil)
	p.tear(1, long)
	p.tear(2, long)
	p.tear(1, p.unchecked(b, notes(-4, -5)...))
	want("several torn commits", []int64{1, 2}, nil)
	p.commit(b, notes(3)...)
	want("a whole commit after several torn ones", []int64{1, 2}, []int64{3})
}

func (s *rules[ID, Pos, M]) tornVersions(t *testing.T) {
	p, a, b := s.openTearable(t), s.key(0), s.key(1)
	version := core.At(p.commit(a, notes(1)...))
	p.tear(2, p.unchecked(a, notes(-1, -2, -3)...))
	p.tear(1, p.unchecked(b, notes(-4, -5)...))
	p.wantVersion(a, version)
	p.wantVersion(b, core.Version[Pos]{})
	store, ok := p.store.(core.SubscribableStore[ID, Pos, M])
	if !ok {
		return
	}
	filters := []core.Filter[ID, Pos]{{}, {EventKind: notedKind}, {Aggregate: &b}, {EventKind: notedKind, Aggregate: &b}}
	want := func(what string, want core.Version[Pos]) {
		t.Helper()
		for i, filter := range filters {
			if got, err := store.NextVersion(t.Context(), version, filter); err != nil || got != want {
				t.Errorf("%s: the next version by filter %d is %v, error %v; want %v", what, i, got, err, want)
			}
		}
	}
	want("two torn commits", core.Version[Pos]{})
	want("a whole commit after two torn ones", core.At(p.commit(b, notes(2)...)))
}

func (s *rules[ID, Pos, M]) tornUnlisted(t *testing.T) {
	p := s.openTearable(t)
	p.needListing()
	p.tear(1, p.unchecked(s.key(0), notes(-1, -2)...))
	p.wantIDs(aggregateKind)
	p.commit(s.key(1), notes(1)...)
	p.tear(2, p.unchecked(s.key(1), notes(-3, -4, -5)...))
	p.tear(1, p.unchecked(s.key(2), notes(-6, -7)...))
	p.wantIDs(aggregateKind, s.ID(1))
	p.commit(s.key(0), notes(2)...)
	p.wantIDs(aggregateKind, s.ID(0), s.ID(1))
}

func (s *rules[ID, Pos, M]) tornGoesOn(t *testing.T) {
	p, key := s.openTearable(t), s.key(0)
	var version core.Version[Pos]
	var want []int64
	for n := range int64(4) {
		torn := p.unchecked(key, notes(-1, -2, -3, -4)...)
		torn.Unchecked, torn.Expected = n%2 == 0, version
		p.tear(1+int(n)%3, torn)
		if n > 0 {
			_, err := p.commitAt(key, core.Version[Pos]{}, notes(-5)...)
			p.wantConflict("create an aggregate after a torn commit", err, core.Version[Pos]{}, version)
		}
		position, err := p.commitAt(key, version, notes(2*n, 2*n+1)...)
		if err != nil {
			t.Fatalf("commit at the version before a torn commit: %v", err)
		}
		version, want = core.At(position), append(want, 2*n, 2*n+1)
		p.wantVersion(key, version)
	}
	p.tear(1, p.unchecked(key, notes(-6, -7)...))
	p.commit(key, notes(8)...)
	p.wantNumbers("an aggregate of torn commits", p.load(core.Filter[ID, Pos]{Aggregate: &key}), append(want, 8)...)
}

func (s *rules[ID, Pos, M]) tornBetween(t *testing.T) {
	p := s.openTearable(t)
	p.needAtomic()
	var versions [3]core.Version[Pos]
	versions[2] = core.At(p.commit(s.key(2), notes(1)...))
	for keep := 1; keep < 6; keep++ {
		p.tear(keep, p.together(3)...)
		for i, version := range versions {
			p.wantVersion(s.key(i), version)
		}
		p.wantNumbers("all events after a torn commit to three aggregates", p.load(core.Filter[ID, Pos]{}), 1)
	}
	whole := p.together(3)
	for i := range whole {
		whole[i].Unchecked, whole[i].Expected = false, versions[i]
	}
	if _, err := p.commitAll(whole...); err != nil {
		t.Fatalf("commit to the aggregates of a torn commit: %v", err)
	}
	for i, want := range [][]int64{{0}, {10, 11}, {1, 20, 21, 22}} {
		key := s.key(i)
		p.wantNumbers("an aggregate of torn commits", p.load(core.Filter[ID, Pos]{Aggregate: &key}), want...)
	}
}

func (s *rules[ID, Pos, M]) tornEntries(t *testing.T) {
	p, key := s.openTearable(t), s.key(0)
	p.needSystem()
	var none core.Version[Pos]
	first := core.At(p.enter(p.entry(ledgerKey, 1))[0])
	p.tear(1, p.entry(ledgerKey, -2), p.unchecked(key, notes(-3)...))
	p.tear(1, p.entry(parkingKey, -4), p.entry(ledgerKey, -5))
	p.tear(2, p.entry(ledgerKey, -6), p.unchecked(key, notes(-7, -8)...))
	p.wantEntries(ledgerKey, 1)
	p.wantEntries(parkingKey)
	p.wantNumbers("all events", p.load(core.Filter[ID, Pos]{}))
	p.wantVersion(key, none)
	p.wantConflict("create an entry key after torn commits", p.refusesEntries("an entry after torn commits", 0, []core.Commit[ID, Pos, M]{p.checked(ledgerKey, none, -9)}), none, first)
	p.enter(p.checked(ledgerKey, first, 2), p.checked(parkingKey, none, 10))
	p.wantEntries(ledgerKey, 1, 2)
	p.wantEntries(parkingKey, 10)
	if _, err := p.commitAt(key, none, notes(3)...); err != nil {
		t.Errorf("commit to an aggregate after torn commits with entries: %v", err)
	}
}
