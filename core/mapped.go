package core

import (
	"context"
	"iter"
	"log/slog"
	"slices"

	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/resume"
)

// mapped is the journal of a store whose identifiers are Raw.
type mapped[ID, Raw, Pos comparable, M any] struct {
	store   EventStore[Raw, Pos, M]
	rawID   func(ID) Raw
	observe *Observer
}

func (j mapped[ID, Raw, Pos, M]) logger() *slog.Logger { return LoggerOf(j.store) }

func (j mapped[ID, Raw, Pos, M]) observer() *Observer { return j.observe }

func (j mapped[ID, Raw, Pos, M]) key(key Key[ID]) Key[Raw] {
	return Key[Raw]{Kind: key.Kind, ID: j.rawID(key.ID)}
}

func (j mapped[ID, Raw, Pos, M]) replay(ctx context.Context, key Key[ID], from Version[Pos], apply func(journalEvent[Pos]) error) error {
	raw := j.key(key)
	// Every event counts, also one without a handler: the version that the next
	// commit expects is that of the last event.
	return j.each(j.store.LoadEvents(ctx, Filter[Raw, Pos]{Aggregate: &raw, From: from}), apply)
}

// each calls apply with each event.
func (j mapped[ID, Raw, Pos, M]) each(events iter.Seq2[StoredEvent[Raw, Pos, M], error], apply func(journalEvent[Pos]) error) error {
	var stored StoredEvent[Raw, Pos, M]
	decode := func(event any) error { return j.store.DecodeEvent(stored, event) }
	var err error
	for stored, err = range events {
		if err != nil {
			return err
		}
		if err := apply(journalEvent[Pos]{stored.Kind, stored.Position, stored.Time, stored.Commit, command{stored.CommandID, stored.Fingerprint}, fold.Source{Decode: decode}}); err != nil {
			return err
		}
	}
	return nil
}

func (j mapped[ID, Raw, Pos, M]) owner(key Key[ID]) (string, error) { return ownerText(j.key(key)) }

func (j mapped[ID, Raw, Pos, M]) supportsUnique() bool {
	_, ok := j.store.(SystemStore[Raw, Pos, M])
	return ok
}

func (j mapped[ID, Raw, Pos, M]) version(ctx context.Context, key Key[ID]) (Version[Pos], error) {
	return j.store.Version(ctx, j.key(key))
}

func (j mapped[ID, Raw, Pos, M]) needsKey(events []Event) bool {
	keyed, ok := any(j.store).(KeyedStore)
	return ok && slices.ContainsFunc(events, keyed.NeedsKey)
}

func (j mapped[ID, Raw, Pos, M]) reread(e Event) (fold.Source, error) {
	stored, err := j.store.EncodeEvent(e)
	return fold.Source{Decode: func(event any) error { return j.store.DecodeEvent(stored, event) }}, err
}

// isOf compares identifiers, where the stores have one: either may be a wrapper.
func (j mapped[ID, Raw, Pos, M]) isOf(store any) bool {
	other, ok := store.(EventStore[Raw, Pos, M])
	if !ok {
		return false
	}
	if id := j.storeID(); id != "" {
		return id == resume.StoreID(other)
	}
	return any(j.store) == store
}

func (j mapped[ID, Raw, Pos, M]) rawKey(key Key[ID]) any { return j.key(key) }

func (j mapped[ID, Raw, Pos, M]) events(ctx context.Context, key Key[ID], each func(Envelope[ID, Pos, M], fold.Source) error) error {
	raw := j.key(key)
	for stored, err := range j.store.LoadEvents(ctx, Filter[Raw, Pos]{Aggregate: &raw}) {
		if err != nil {
			return err
		}
		e := Envelope[ID, Pos, M]{
			Key: key, Kind: stored.Kind, Position: stored.Position, Time: stored.Time,
			Metadata: stored.Metadata, MetadataErr: stored.MetadataErr, Commit: stored.Commit, CommandID: stored.CommandID, Fingerprint: stored.Fingerprint,
			Origin: stored.Origin,
		}
		if err := each(e, fold.Source{Decode: func(event any) error { return j.store.DecodeEvent(stored, event) }}); err != nil {
			return err
		}
	}
	return nil
}

func (j mapped[ID, Raw, Pos, M]) compare(a, b Pos) (int, bool) {
	s, ok := j.store.(interface{ ComparePositions(a, b Pos) int })
	if !ok {
		return 0, false
	}
	return s.ComparePositions(a, b), true
}

func (j mapped[ID, Raw, Pos, M]) storeID() string { return resume.StoreID(j.store) }
