package storetest

import (
	"context"

	"github.com/jetsource/jetsource/core"
)

// way is one of the methods that record events, for rules that are the same for
// all of them.
type way[ID comparable] struct {
	name   string
	commit func(ctx context.Context, key core.Key[ID], events ...core.Event) error
}

// ways returns the ways in which the store records events of a new aggregate.
func (p *probe[ID, Pos, M]) ways() []way[ID] {
	ways := []way[ID]{
		{"CommitEvents", func(ctx context.Context, key core.Key[ID], events ...core.Event) error {
			_, err := p.store.CommitEvents(ctx, key, events, p.Metadata(0))
			return err
		}},
		{"CommitEventsOptimistic", func(ctx context.Context, key core.Key[ID], events ...core.Event) error {
			_, err := p.store.CommitEventsOptimistic(ctx, key, core.Version[Pos]{}, events, p.Metadata(0))
			return err
		}},
	}
	if store, ok := p.store.(core.AtomicStore[ID, Pos, M]); ok {
		ways = append(ways, way[ID]{"CommitAll", func(ctx context.Context, key core.Key[ID], events ...core.Event) error {
			_, err := store.CommitAll(ctx, core.Commit[ID, Pos, M]{Key: key, Events: events, Metadata: p.Metadata(0)})
			return err
		}})
	}
	if store, ok := p.store.(core.RecordingStore[ID, Pos, M]); ok {
		ways = append(ways, way[ID]{"Record", func(ctx context.Context, key core.Key[ID], events ...core.Event) error {
			_, err := store.Record(ctx, core.Commit[ID, Pos, M]{Key: key, Events: events, Metadata: p.Metadata(0)})
			return err
		}})
	}
	return ways
}
