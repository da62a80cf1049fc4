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
			_, err := core.CommitEvents(ctx, p.store, key, events, p.Metadata(0))
			return err
		}},
		{"CommitEventsOptimistic", func(ctx context.Context, key core.Key[ID], events ...core.Event) error {
			_, err := core.CommitEventsOptimistic(ctx, p.store, key, core.Version[Pos]{}, events, p.Metadata(0))
			return err
		}},
	}
	return append(ways, way[ID]{"Commit", func(ctx context.Context, key core.Key[ID], events ...core.Event) error {
		_, err := p.store.Commit(ctx, core.Commit[ID, Pos, M]{Key: key, Events: events, Metadata: p.Metadata(0)})
		return err
	}})
}
