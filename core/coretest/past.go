package coretest

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"reflect"
	"slices"
	"strconv"

	"github.com/jetsource/jetsource/core"
)

// past is a read-only store with a history. Its events are values; DecodeEvent
// copies them.
type past[ID, Pos comparable, M any] struct {
	core.EventStore[ID, Pos, M] // nil: a projection does not commit
	history                     []core.Recorded[core.Event, ID, Pos, M]
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
			stored := core.StoredEvent[ID, Pos, M]{Envelope: e.Envelope, Data: []byte(strconv.Itoa(i))}
			if !yield(stored, nil) {
				return
			}
		}
	}
}

// DecodeEvent sets event to a copy of the event that was given.
func (p past[ID, Pos, M]) DecodeEvent(stored core.StoredEvent[ID, Pos, M], event any) error {
	i, err := strconv.Atoi(string(stored.Data))
	if err != nil || i < 0 || i >= len(p.history) {
		return errors.New("event is of another store")
	}
	if raw, ok := p.history[i].Event.(Raw); ok {
		return json.Unmarshal([]byte(raw.JSON), event)
	}
	from, to := content(p.history[i].Event), reflect.ValueOf(event).Elem()
	if from.Type() != to.Type() {
		return unlike(stored.Kind, from.Type(), to.Type())
	}
	to.Set(copyOf(from))
	return nil
}
