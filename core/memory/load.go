package memory

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/typecheck"
)

// LoadEvents yields the events that match any of the filters.
func (s *Store[ID, M]) LoadEvents(ctx context.Context, filters ...core.Filter[ID, uint64]) iter.Seq2[core.StoredEvent[ID, uint64, M], error] {
	return func(yield func(core.StoredEvent[ID, uint64, M], error) bool) {
		var none core.StoredEvent[ID, uint64, M]
		if ctx.Err() != nil {
			yield(none, context.Cause(ctx))
			return
		}
		for _, r := range s.candidates(filters) {
			if ctx.Err() != nil {
				yield(none, context.Cause(ctx))
				return
			}
			if !slices.ContainsFunc(filters, r.matches) {
				continue
			}
			if !yield(s.event(r), nil) {
				return
			}
		}
	}
}

// EncodeEvent encodes an event with the store's codec.
func (s *Store[ID, M]) EncodeEvent(event core.Event) (stored core.StoredEvent[ID, uint64, M], err error) {
	stored.Kind, stored.Codec = event.EventKind(), s.codec.Name()
	stored.Data, err = encode(s.codec, stored.Kind, event)
	return stored, err
}

// DecodeEvent decodes an event of this store.
func (s *Store[ID, M]) DecodeEvent(stored core.StoredEvent[ID, uint64, M], event any) error {
	if err := known(s.codec, stored.Codec); err != nil {
		return err
	}
	return decode(s.codec, stored.Kind, stored.Data, event)
}

// candidates returns the records among which are those that match the filters,
// in order: the whole log only if a filter is for every aggregate. What it
// returns does not change when the store does, so no lock is held while a caller
// looks at events.
func (s *Store[ID, M]) candidates(filters []core.Filter[ID, uint64]) []*record[ID, M] {
	s.mu.RLock()
	defer s.mu.RUnlock()
	keys := make(map[core.Key[ID]]bool)
	for _, f := range filters {
		if f.Aggregate == nil {
			return s.log
		}
		keys[*f.Aggregate] = true
	}
	if len(filters) == 1 {
		return from(s.byKey[*filters[0].Aggregate], filters[0])
	}
	var records []*record[ID, M]
	for key := range keys {
		records = append(records, s.byKey[key]...)
	}
	slices.SortFunc(records, func(a, b *record[ID, M]) int { return cmp.Compare(a.Position, b.Position) })
	return records
}

// from returns the records that are not before what a filter selects.
func from[ID comparable, M any](records []*record[ID, M], f core.Filter[ID, uint64]) []*record[ID, M] {
	start, _ := f.From.Position()
	i, _ := slices.BinarySearchFunc(records, start, func(r *record[ID, M], at uint64) int { return cmp.Compare(r.Position, at) })
	return records[i:]
}

func (r *record[ID, M]) matches(f core.Filter[ID, uint64]) bool {
	after, _ := f.After.Position()
	from, _ := f.From.Position()
	return r.isEvent() && (f.EventKind == "" || f.EventKind == r.Kind) &&
		(f.Aggregate == nil || *f.Aggregate == r.Key) &&
		r.Position > after && r.Position >= from
}

// event returns the event of a record as its reader's own: changing it changes nothing
// here.
func (s *Store[ID, M]) event(r *record[ID, M]) core.StoredEvent[ID, uint64, M] {
	event := r.StoredEvent
	event.Data = bytes.Clone(r.Data)
	event.Metadata, event.MetadataErr = s.metadataTypes.Read(r.version, r.metadata, typecheck.DecodeJSON)
	return event
}
