package storetest

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/jetsource/jetsource/core"
)

// contexts are the rules about a context that has ended.
func (s *rules[ID, Pos, M]) contexts() []rule {
	return []rule{
		{Name: "a commit whose context has ended writes nothing", Check: s.cancelledCommit},
		{Name: "a read whose context has ended says so", Check: s.cancelledRead},
		{Name: "a read whose context ends is not cut short silently", Check: s.readCutShort},
		{Name: "a read yields no event after its context has ended", Check: s.readEndsWithContext},
	}
}

func (s *rules[ID, Pos, M]) cancelledCommit(t *testing.T) {
	p := s.open(t)
	p.commit(s.key(1), notes(1)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, way := range p.ways() {
		p.writesNothing(way.name, func() {
			if err := way.commit(ctx, s.key(0), notes(-1, -2)...); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got error %v, want one that matches context.Canceled", way.name, err)
			}
		})
	}
}

func (s *rules[ID, Pos, M]) cancelledRead(t *testing.T) {
	p, key := s.open(t), s.key(0)
	p.commit(key, notes(1, 2)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	reads := map[string]func() error{
		"Version": func() error {
			_, err := p.store.Version(ctx, key)
			return err
		},
		"LoadEvents of an aggregate": func() error {
			_, err := p.tryLoad(ctx, core.Filter[ID, Pos]{Aggregate: &key})
			return err
		},
		"LoadEvents of a kind": func() error {
			_, err := p.tryLoad(ctx, core.Filter[ID, Pos]{EventKind: notedKind})
			return err
		},
		"LoadEvents of everything": func() error {
			_, err := p.tryLoad(ctx, core.Filter[ID, Pos]{})
			return err
		},
	}
	if store, ok := p.store.(core.GloballyOrderedStore[ID, Pos, M]); ok {
		reads["LatestVersion"] = func() error {
			_, err := store.LatestVersion(ctx)
			return err
		}
	}
	for name, read := range reads {
		if err := read(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got error %v, want one that matches context.Canceled", name, err)
		}
	}
}

func (s *rules[ID, Pos, M]) readCutShort(t *testing.T) {
	p, key := s.open(t), s.key(0)
	for range 10 {
		p.commit(key, notes(1, 2, 3)...)
	}
	for _, filter := range []core.Filter[ID, Pos]{{}, {Aggregate: &key}} {
		ctx, cancel := context.WithCancel(t.Context())
		count, failed := 0, error(nil)
		for _, err := range p.store.LoadEvents(ctx, filter) {
			cancel()
			if failed = err; err == nil {
				count++
			}
		}
		cancel()
		switch {
		case failed == nil && count != 30:
			t.Errorf("the read ended after %d of 30 events, without an error", count)
		case failed != nil && !errors.Is(failed, context.Canceled):
			t.Errorf("got error %v, want one that matches context.Canceled", failed)
		}
	}
}

func (s *rules[ID, Pos, M]) readEndsWithContext(t *testing.T) {
	p, key := s.open(t), s.key(0)
	for range 100 {
		p.commit(key, notes(1, 2, 3)...)
	}
	for _, filter := range []core.Filter[ID, Pos]{{}, {Aggregate: &key}, {EventKind: notedKind}} {
		ctx, cancel := context.WithCancel(t.Context())
		late := lateEvents(cancel, p.store.LoadEvents(ctx, filter))
		if late > 0 {
			t.Errorf("LoadEvents of %+v yields %d events after its context has ended", filter, late)
		}
	}
}

// lateEvents cancels a loop over events at the third, and counts those that come after it.
func lateEvents[E any](cancel func(), events iter.Seq2[E, error]) int {
	defer cancel()
	count := 0
	for _, err := range events {
		if err != nil {
			break
		}
		if count++; count == 3 {
			cancel()
		}
	}
	return max(count-3, 0)
}
