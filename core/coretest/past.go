package coretest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"

	"github.com/jetsource/jetsource/core"
)

// past is a read-only store with a history, as JSON.
type past[ID, Pos comparable, M any] struct {
	core.EventStore[ID, Pos, M] // nil: a projection does not commit
	history                     []happened[ID, Pos, M]
}

// happened is an event of a history, with what was recorded about it.
type happened[ID, Pos comparable, M any] struct {
	core.Envelope[ID, Pos, M]
	recorded
}

// LoadEvents yields the events that match any of the filters by kind and
// aggregate.
func (p past[ID, Pos, M]) LoadEvents(_ context.Context, filters ...core.Filter[ID, Pos]) iter.Seq2[core.StoredEvent[ID, Pos, M], error] {
	return func(yield func(core.StoredEvent[ID, Pos, M], error) bool) {
		for i, e := range p.history {
			selects := func(f core.Filter[ID, Pos]) bool {
				return (f.EventKind == "" || f.EventKind == e.Kind) && (f.Aggregate == nil || *f.Aggregate == e.Key)
			}
			if !slices.ContainsFunc(filters, selects) {
				continue
			}
			stored := core.StoredEvent[ID, Pos, M]{Envelope: e.Envelope, Codec: strconv.Itoa(i), Data: e.data}
			if !yield(stored, nil) {
				return
			}
		}
	}
}

// DecodeEvent decodes an event of this history, which its codec numbers.
func (p past[ID, Pos, M]) DecodeEvent(stored core.StoredEvent[ID, Pos, M], event any) error {
	i, err := strconv.Atoi(stored.Codec)
	if err != nil || i < 0 || i >= len(p.history) {
		return errors.New("event is of another store")
	}
	return p.history[i].decode(stored.Kind, event)
}
