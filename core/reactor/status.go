package reactor

import (
	"context"
	"sync"

	"github.com/jetsource/jetsource/core"
)

// Status is what is recorded of a reactor: what was asked of it, and how far its workers are, in
// whatever processes they run. Progress without outputs is known by the leases alone.
type Status[Pos comparable] struct {
	Paused bool
	Kinds  []string // of the events that it takes
	// Processed is the version up to which all partitions have processed their events.
	Processed core.Version[Pos]
	// Next is the first event after Processed that the reactor takes; zero if there is none.
	Next core.Version[Pos]
	// Lag is how many events of the store, of any kind, there are from Next on.
	Lag        uint64
	Partitions []PartitionStatus[Pos]
}

// PartitionStatus is how far a partition is.
type PartitionStatus[Pos comparable] struct {
	Processed core.Version[Pos]
	// Worker has the partition, by the leases: the name of its host, and a random part that
	// another worker there does not have. Empty if none has it or it is not known. A worker that
	// died is there until another one has noticed.
	Worker string
	// Fault is what the worker tries again and again; nil if nothing, or it is not known.
	Fault *Fault[Pos]
}

// Status returns how the reactor does. The worker need not run; it should have the leases that
// those have that do. A reactor that has never run has no partitions.
func (w *Worker[ID, Pos, M]) Status(ctx context.Context) (s Status[Pos], err error) {
	l, at, err := w.loadLayout(ctx)
	if err != nil || at.IsZero() {
		return s, err
	}
	c, _, err := w.loadControl(ctx)
	if err != nil {
		return s, err
	}
	r, err := w.readRoster(ctx, l.Partitions)
	if err != nil {
		return s, err
	}
	reached := make([]checkpoint[Pos], l.Partitions)
	err = concurrently(l.Partitions, func(n int) (err error) {
		reached[n], _, err = w.reached(ctx, n, l, r.Partitions[n].checkpoint)
		return err
	})
	if err != nil {
		return s, err
	}
	s = Status[Pos]{Paused: c.Paused, Kinds: l.Kinds, Processed: reached[0].Processed}
	for n, c := range reached {
		s.Partitions = append(s.Partitions, PartitionStatus[Pos]{Processed: c.Processed, Worker: r.Partitions[n].Owner, Fault: r.Partitions[n].Fault})
		if w.progress.Covers(s.Processed, c.Processed) {
			s.Processed = c.Processed
		}
	}
	s.Next, s.Lag, err = w.lag(ctx, s.Processed)
	return s, err
}

// readRoster returns what is kept with the leases; an empty roster if there are none.
func (w *Worker[ID, Pos, M]) readRoster(ctx context.Context, partitions int) (*roster[Pos], error) {
	var value []byte
	if register := w.progressStore(); register != nil {
		var err error
		if value, _, err = register.ReadLease(ctx, w.LeaseName()); err != nil {
			return nil, err
		}
	}
	return parseRoster[Pos](value, partitions), nil
}

// reached returns how far a partition is: as the log has it, or as it was kept, if that is later;
// and the version of its key in the log.
func (w *Worker[ID, Pos, M]) reached(ctx context.Context, n int, l layout[Pos], kept checkpoint[Pos]) (at checkpoint[Pos], entry core.Version[Pos], err error) {
	at = kept
	if start := (checkpoint[Pos]{Processed: l.Start}); w.later(start, at) {
		at = start
	}
	last, ok, err := w.store.LastEntry(ctx, w.partitionKey(n))
	if err != nil || !ok {
		return at, entry, err
	}
	c, err := w.parseCheckpoint(last)
	if err == nil && w.later(c, at) {
		at = c
	}
	return at, core.At(last.Position), err
}

// maxAsking is how many partitions are asked for at a time.
const maxAsking = 16

// concurrently calls fn with 0 to n-1, some at a time, and returns the first error.
func concurrently(n int, fn func(int) error) error {
	var wg sync.WaitGroup
	errs, free := make([]error, n), make(chan struct{}, maxAsking)
	for i := range n {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			errs[i] = fn(i)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
