package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
)

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
