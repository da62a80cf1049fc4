package memory

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/jetsource/jetsource/core"
)

// LastEntry returns the last entry of a key.
func (s *Store[ID, M]) LastEntry(ctx context.Context, key core.EntryKey) (core.StoredEntry[uint64], bool, error) {
	if ctx.Err() != nil {
		return core.StoredEntry[uint64]{}, false, context.Cause(ctx)
	}
	entries := s.entriesOf(key)
	if len(entries) == 0 {
		return core.StoredEntry[uint64]{}, false, nil
	}
	return entries[len(entries)-1].storedEntry(), true, nil
}

// LoadEntries yields the entries of a key in order, from a version on.
func (s *Store[ID, M]) LoadEntries(ctx context.Context, key core.EntryKey, from core.Version[uint64]) iter.Seq2[core.StoredEntry[uint64], error] {
	return func(yield func(core.StoredEntry[uint64], error) bool) {
		if ctx.Err() != nil {
			yield(core.StoredEntry[uint64]{}, context.Cause(ctx))
			return
		}
		start, _ := from.Position()
		entries := s.entriesOf(key)
		i, _ := slices.BinarySearchFunc(entries, start, func(r *record[ID, M], at uint64) int { return cmp.Compare(r.Position, at) })
		for _, r := range entries[i:] {
			if ctx.Err() != nil {
				yield(core.StoredEntry[uint64]{}, context.Cause(ctx))
				return
			}
			if !yield(r.storedEntry(), nil) {
				return
			}
		}
	}
}

// EntryKeys yields the keys of a kind that have entries.
func (s *Store[ID, M]) EntryKeys(ctx context.Context, kind string) iter.Seq2[core.EntryKey, error] {
	return func(yield func(core.EntryKey, error) bool) {
		s.mu.RLock()
		keys := slices.Collect(maps.Keys(s.entries))
		s.mu.RUnlock()
		for _, key := range keys {
			if ctx.Err() != nil {
				yield(core.EntryKey{}, context.Cause(ctx))
				return
			}
			if key.Kind == kind && !yield(key, nil) {
				return
			}
		}
		if len(keys) == 0 && ctx.Err() != nil {
			yield(core.EntryKey{}, context.Cause(ctx))
		}
	}
}

// entriesOf returns the entries of a key.
func (s *Store[ID, M]) entriesOf(key core.EntryKey) []*record[ID, M] {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.entries[key]
}

// isEvent reports whether the record is an event that readers see.
func (r *record[ID, M]) isEvent() bool { return !r.void && !r.isEntry() }

// isEntry reports whether the record is a system entry.
func (r *record[ID, M]) isEntry() bool { return r.entry.Kind != "" }

func (r *record[ID, M]) storedEntry() core.StoredEntry[uint64] {
	return core.StoredEntry[uint64]{Position: r.Position, Kind: r.Kind, Data: bytes.Clone(r.Data)}
}
