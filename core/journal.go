package core

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// journal is what a repository needs of a store, with identifiers of the
// aggregate's own type.
type journal[ID, Pos comparable, M any] interface {
	// replay calls fold with each event of an aggregate, from a position on.
	replay(ctx context.Context, key Key[ID], from Version[Pos], fold func(entry[Pos]) error) error
	record(ctx context.Context, c Commit[ID, Pos, M]) (Pos, error)
	// recordAnd is record, and calls fold with each event as it was recorded, if
	// the store can tell; told says whether it did.
	recordAnd(ctx context.Context, c Commit[ID, Pos, M], fold func(entry[Pos]) error) (at Pos, told bool, err error)
	storeID() string
}

// entry is a stored event without the types that a repository has no use for.
type entry[Pos comparable] struct {
	kind      string
	position  Pos
	commit    CommitInfo
	commandID string
	source    source
}

func (e entry[Pos]) eventID() string { return eventID(e.commit, e.position) }

// mapped is the journal of a store whose identifiers are Raw.
type mapped[ID, Raw, Pos comparable, M any] struct {
	store EventStore[Raw, Pos, M]
	raw   func(ID) Raw
}

func (j mapped[ID, Raw, Pos, M]) key(key Key[ID]) Key[Raw] {
	return Key[Raw]{Kind: key.Kind, ID: j.raw(key.ID)}
}

func (j mapped[ID, Raw, Pos, M]) replay(ctx context.Context, key Key[ID], from Version[Pos], fold func(entry[Pos]) error) error {
	raw := j.key(key)
	// Every event counts, also one that is not handled any more: the version that
	// the next commit expects is that of the last.
	return j.each(j.store.LoadEvents(ctx, Filter[Raw, Pos]{Aggregate: &raw, From: from}), fold)
}

// each calls fold with each event.
func (j mapped[ID, Raw, Pos, M]) each(events iter.Seq2[StoredEvent[Raw, Pos, M], error], fold func(entry[Pos]) error) error {
	var stored StoredEvent[Raw, Pos, M]
	decode := func(event any) error { return j.store.DecodeEvent(stored, event) }
	var err error
	for stored, err = range events {
		if err != nil {
			return err
		}
		if err := fold(entry[Pos]{stored.Kind, stored.Position, stored.Commit, stored.CommandID, source{decode: decode}}); err != nil {
			return err
		}
	}
	return nil
}

func (j mapped[ID, Raw, Pos, M]) recordAnd(ctx context.Context, c Commit[ID, Pos, M], fold func(entry[Pos]) error) (Pos, bool, error) {
	store, ok := j.store.(RecordingStore[Raw, Pos, M])
	if !ok {
		at, err := j.record(ctx, c)
		return at, false, err
	}
	events, err := store.Record(ctx, j.commit(c))
	if err != nil {
		var none Pos
		return none, false, err
	}
	err = j.each(func(yield func(StoredEvent[Raw, Pos, M], error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}, fold)
	return events[len(events)-1].Position, err == nil, nil
}

// commit returns c as the store is given it.
func (j mapped[ID, Raw, Pos, M]) commit(c Commit[ID, Pos, M]) Commit[Raw, Pos, M] {
	return Commit[Raw, Pos, M]{
		Key: j.key(c.Key), Expected: c.Expected, Unchecked: c.Unchecked,
		Events: c.Events, Metadata: c.Metadata, CommandID: c.CommandID,
	}
}

func (j mapped[ID, Raw, Pos, M]) record(ctx context.Context, c Commit[ID, Pos, M]) (Pos, error) {
	key := j.key(c.Key)
	if c.CommandID == "" {
		if c.Unchecked {
			return j.store.CommitEvents(ctx, key, c.Events, c.Metadata)
		}
		return j.store.CommitEventsOptimistic(ctx, key, c.Expected, c.Events, c.Metadata)
	}
	var none Pos
	store, ok := j.store.(AtomicStore[Raw, Pos, M])
	if !ok {
		return none, fmt.Errorf("command id on %T: %w", j.store, errors.ErrUnsupported)
	}
	positions, err := store.CommitAll(ctx, j.commit(c))
	if of, ok := errors.AsType[*CommitError](err); ok {
		return none, of.Err // there is but one
	}
	if err != nil {
		return none, err
	}
	return positions[0], nil
}

func (j mapped[ID, Raw, Pos, M]) storeID() string { return identity(j.store) }

// identity returns the id of a store; empty if it has none.
func identity[ID, Pos comparable, M any](store EventStore[ID, Pos, M]) string {
	if s, ok := store.(IdentifiedStore[ID, Pos, M]); ok {
		return s.StoreID()
	}
	return ""
}
