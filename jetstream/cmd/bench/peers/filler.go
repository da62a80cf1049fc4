package main

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

const (
	smallEvents = 10   // events of a small aggregate
	largeEvents = 1000 // events of a large aggregate, and the least number of events
	largeCount  = 3    // number of large aggregates
	fillEvents  = 500  // the most events that are filled in at once
)

func smallID(i int) string { return fmt.Sprint("doc-", i) }
func largeID(i int) string { return fmt.Sprint("large-", i) }

// ofOneKind tells whether all events of a small aggregate are of one kind: every other
// one. The events of the others are of eight kinds.
func ofOneKind(i int) bool { return i%2 == 1 }

// filledEvents is how many events fill writes.
func filledEvents(events int) int { return events + largeCount*largeEvents }

// filler fills a store with small and large aggregates. The events of an aggregate
// lie as far apart as the store allows.
type filler struct {
	store    store
	versions map[string]uint64 // of each aggregate
	pending  []commit
}

// fill writes events of small aggregates, a multiple of 1,000, and the large ones.
func (f *filler) fill(ctx context.Context, events int) error {
	small := events / smallEvents
	for i := range events {
		e := ofEachKind[(i/small+i%small)%len(ofEachKind)]
		if ofOneKind(i % small) {
			e = event
		}
		if err := f.add(ctx, smallID(i%small), e); err != nil {
			return err
		}
		if (i+1)%(events/largeEvents) > 0 {
			continue
		}
		for n := range largeCount {
			if err := f.add(ctx, largeID(n), ofEachKind[i%len(ofEachKind)]); err != nil {
				return err
			}
		}
		if err := f.flush(ctx); err != nil {
			return err
		}
	}
	if err := f.flush(ctx); err != nil {
		return err
	}
	return f.store.settle(ctx)
}

// add adds an event. At most one of an aggregate is pending: flush is called before
// the next one comes.
func (f *filler) add(ctx context.Context, id string, e core.Event) error {
	f.pending = append(f.pending, commit{id, f.versions[id], []core.Event{e}})
	if len(f.pending) < fillEvents {
		return nil
	}
	return f.flush(ctx)
}

func (f *filler) flush(ctx context.Context) error {
	if len(f.pending) == 0 {
		return nil
	}
	versions, err := f.store.commit(ctx, f.pending...)
	if err != nil {
		return err
	}
	for i, c := range f.pending {
		f.versions[c.id] = versions[i]
	}
	f.pending = f.pending[:0]
	return nil
}
