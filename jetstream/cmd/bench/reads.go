package main

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// tally is a projection over four of the eight kinds, or over all of them.
type tally struct{ Events, Bytes int }

func count[E core.Event](size func(E) int) projection.Handler[tally, string, uint64, string] {
	return projection.On(func(t *tally, e core.Recorded[E, string, uint64, string]) {
		t.Events++
		t.Bytes += size(e.Event)
	})
}

var tallies = []projection.Handler[tally, string, uint64, string]{
	count(func(e change0) int { return len(e.Text) }),
	count(func(e change1) int { return len(e.Text) }),
	count(func(e change2) int { return len(e.Text) }),
	count(func(e change3) int { return len(e.Text) }),
	count(func(e change4) int { return len(e.Text) }),
	count(func(e change5) int { return len(e.Text) }),
	count(func(e change6) int { return len(e.Text) }),
	count(func(e change7) int { return len(e.Text) }),
}

// scans are the cases of reads over all aggregates.
func (b *bench) scans(ctx context.Context, f *filled) error {
	subject := func(kind int) string { return fmt.Sprintf("%s.document/change%d.*.*", f.cfg.Prefix, kind) }
	name := fmt.Sprintf("scan of one kind of 8, %d in the stream", f.size)
	err := b.run(ctx, name, "ordered consumer", rate, func() (ours, theirs side, err error) {
		want, err := f.ofKinds(ctx, 1)
		scan := func(ctx context.Context) error {
			n := 0
			for _, err := range f.store.LoadEvents(ctx, core.Filter[string, uint64]{EventKind: kindOf(0)}) {
				if err != nil {
					return err
				}
				n++
			}
			return counted(n, want)
		}
		return all(want, scan), all(want, func(ctx context.Context) error { return f.consume(ctx, want, ignore, subject(0)) }), err
	})
	if err != nil {
		return err
	}
	err = b.project(ctx, f, 4, "ordered consumer, decoding", func() []string {
		return []string{subject(0), subject(1), subject(2), subject(3)}
	})
	if err != nil {
		return err
	}
	return b.project(ctx, f, 8, "ordered consumer without filters, decoding", func() []string { return nil })
}

// project folds a projection of the first kinds. The raw client reads subjects,
// which are known once the stream is filled.
func (b *bench) project(ctx context.Context, f *filled, kinds int, raw string, subjects func() []string) error {
	name := fmt.Sprintf("scan and projection of %d kinds of 8, %d in the stream", kinds, f.size)
	return b.run(ctx, name, raw, rate, func() (ours, theirs side, err error) {
		want, err := f.ofKinds(ctx, kinds)
		p := projection.Define("tally", tallies[:kinds]...)
		ours = all(want, func(ctx context.Context) error {
			state, err := projection.Load(ctx, f.store, p)
			if err != nil {
				return err
			}
			return counted(state.Events, want)
		})
		theirs = all(want, func(ctx context.Context) error { return f.consume(ctx, want, decode, subjects()...) })
		return ours, theirs, err
	})
}

// ofKinds counts the events of the first kinds.
func (f *filled) ofKinds(ctx context.Context, kinds int) (n int, err error) {
	if err := f.ready(ctx); err != nil {
		return 0, err
	}
	for e, err := range f.store.LoadEvents(ctx, core.Filter[string, uint64]{}) {
		if err != nil {
			return 0, err
		}
		if int(e.Kind[len(e.Kind)-1]-'0') < kinds {
			n++
		}
	}
	return n, nil
}

// reads are the cases of following live.
func (b *bench) reads(ctx context.Context) error {
	return b.on(1, true, func(w *world) error {
		return b.run(ctx, "commit until visible in a live projection", "publish until a consumer's callback", latency, func() (ours, theirs side, err error) {
			s, r, err := w.both(ctx)
			if err != nil {
				return nil, nil, err
			}
			live := projection.NewLive(s, projection.Define("latency", count(func(e changed) int { return len(e.Text) })))
			go func() { _ = live.Run(ctx) }() // ends with the connection
			if err := live.CatchUp(ctx); err != nil {
				return nil, nil, err
			}
			consumer, err := r.js.CreateConsumer(ctx, r.stream, jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy})
			if err != nil {
				return nil, nil, err
			}
			arrived := make(chan struct{}, 1)
			if _, err := consumer.Consume(func(jetstream.Msg) { arrived <- struct{}{} }); err != nil {
				return nil, nil, err
			}
			var n ids
			ours = oneByOne(func(ctx context.Context) error {
				at, err := core.CommitEventsOptimistic(ctx, s, key(n.next()), core.Version[uint64]{}, []core.Event{event}, "ada")
				if err != nil {
					return err
				}
				return live.Wait(ctx, core.At(at))
			})
			theirs = oneByOne(func(ctx context.Context) error {
				if err := r.publish(ctx, n.next()); err != nil {
					return err
				}
				<-arrived
				return nil
			})
			return ours, theirs, nil
		})
	})
}
