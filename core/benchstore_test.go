package core

import (
	"context"
	"encoding/json"
	"iter"
)

// benchStore is a store of one aggregate, of which it keeps the last event alone: as fast
// as one can be that encodes and decodes.
type benchStore struct {
	EventStore[string, uint64, NoMetadata]
	last StoredEvent[string, uint64, NoMetadata]
}

func newBenchStore() *benchStore { return &benchStore{} }

func (s *benchStore) Commit(_ context.Context, commits ...Commit[string, uint64, NoMetadata]) ([]Committed[string, uint64, NoMetadata], error) {
	if err := ValidateAll(commits); err != nil {
		return nil, err
	}
	data, err := json.Marshal(commits[0].Events[0])
	s.last.Key, s.last.Kind, s.last.Data = commits[0].Key, commits[0].Events[0].EventKind(), data
	s.last.Position++
	return []Committed[string, uint64, NoMetadata]{{Position: s.last.Position}}, err
}

func (s *benchStore) LoadEvents(context.Context, ...Filter[string, uint64]) iter.Seq2[StoredEvent[string, uint64, NoMetadata], error] {
	return func(yield func(StoredEvent[string, uint64, NoMetadata], error) bool) { yield(s.last, nil) }
}

func (s *benchStore) DecodeEvent(stored StoredEvent[string, uint64, NoMetadata], event any) error {
	return json.Unmarshal(stored.Data, event)
}
