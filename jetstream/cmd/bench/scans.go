package main

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// scans compare reads over all aggregates with an ordered consumer.
func scans(f *filledStream) []comparison {
	return []comparison{
		scanKind(f),
		project(f, kinds/2, "ordered consumer of 4 subjects, decoding", func() (subjects []string) {
			for i := range kinds / 2 {
				subjects = append(subjects, f.subject(i))
			}
			return subjects
		}),
		project(f, kinds, "ordered consumer without a filter, decoding", func() []string { return nil }),
	}
}

func scanKind(f *filledStream) comparison {
	name := fmt.Sprintf("scan of 1 kind of %d, %d in the stream", kinds, f.size)
	return comparison{name: name, against: "ordered consumer", unit: perSecond, setup: func(ctx context.Context) (pair, error) {
		if err := f.fill(ctx); err != nil {
			return pair{}, err
		}
		want, err := f.countKinds(ctx, 1)
		return pair{
			library: once(want, func(ctx context.Context) error {
				return f.read(ctx, core.Filter[string, uint64]{EventKind: kindOf(0)}, want)
			}),
			baseline: once(want, func(ctx context.Context) error { return f.consume(ctx, want, ignore, f.subject(0)) }),
		}, err
	}}
}

// project compares a projection of the first kinds with a consumer that decodes
// the same events. The subjects are known once the stream is filled.
func project(f *filledStream, first int, against string, subjects func() []string) comparison {
	name := fmt.Sprintf("projection of %d kinds of %d, %d in the stream", first, kinds, f.size)
	return comparison{name: name, against: against, unit: perSecond, setup: func(ctx context.Context) (pair, error) {
		if err := f.fill(ctx); err != nil {
			return pair{}, err
		}
		want, err := f.countKinds(ctx, first)
		defined := projection.Define("totals", totalsHandlers[:first]...)
		return pair{
			library: once(want, func(ctx context.Context) error {
				state, err := projection.Load(ctx, f.store, defined)
				if err != nil {
					return err
				}
				return checkCount(state.Events, want)
			}),
			baseline: once(want, func(ctx context.Context) error { return f.consume(ctx, want, decode, subjects()...) }),
		}, err
	}}
}

// totals is the state of the projections.
type totals struct{ Events, Bytes int }

func addTo[E core.Event](size func(E) int) projection.Handler[totals, string, uint64, string] {
	return projection.On(func(t *totals, e core.Recorded[E, string, uint64, string]) {
		t.Events++
		t.Bytes += size(e.Event)
	})
}

var totalsHandlers = []projection.Handler[totals, string, uint64, string]{
	addTo(func(e change0) int { return len(e.Text) }),
	addTo(func(e change1) int { return len(e.Text) }),
	addTo(func(e change2) int { return len(e.Text) }),
	addTo(func(e change3) int { return len(e.Text) }),
	addTo(func(e change4) int { return len(e.Text) }),
	addTo(func(e change5) int { return len(e.Text) }),
	addTo(func(e change6) int { return len(e.Text) }),
	addTo(func(e change7) int { return len(e.Text) }),
}
