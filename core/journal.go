package core

import (
	"context"
	"errors"
	"iter"
)

// journal is what a repository needs of a store, with identifiers of the
// aggregate's own type.
type journal[ID, Pos comparable, M any] interface {
	// replay calls fold with each event of an aggregate, from a position on.
	replay(ctx context.Context, key Key[ID], from Version[Pos], fold func(entry[Pos]) error) error
	// commit records c and returns the position of its last event. It calls fold,
	// unless that is nil, with each event as it was recorded, if the store can
	// tell; folded says whether it did.
	commit(ctx context.Context, c Commit[ID, Pos, M], fold func(entry[Pos]) error) (at Pos, folded bool, err error)
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
	rawID func(ID) Raw
}

func (j mapped[ID, Raw, Pos, M]) key(key Key[ID]) Key[Raw] {
	return Key[Raw]{Kind: key.Kind, ID: j.rawID(key.ID)}
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

func (j mapped[ID, Raw, Pos, M]) commit(ctx context.Context, c Commit[ID, Pos, M], fold func(entry[Pos]) error) (Pos, bool, error) {
	recorded, err := commitTo(ctx, j.store, j.raw(c))
	if err != nil {
		var none Pos
		if of, ok := errors.AsType[*CommitError](err); ok {
			err = of.Err // the repository names the aggregate
		}
		return none, false, err
	}
	if fold == nil || recorded.Events == nil {
		return recorded.Position, false, nil
	}
	err = j.each(func(yield func(StoredEvent[Raw, Pos, M], error) bool) {
		for _, e := range recorded.Events() {
			if !yield(e, nil) {
				return
			}
		}
	}, fold)
	return recorded.Position, err == nil, nil
}

// raw returns c with the identifier that the store knows.
func (j mapped[ID, Raw, Pos, M]) raw(c Commit[ID, Pos, M]) Commit[Raw, Pos, M] {
	return Commit[Raw, Pos, M]{
		Key: j.key(c.Key), Expected: c.Expected, Unchecked: c.Unchecked,
		Events: c.Events, Metadata: c.Metadata, CommandID: c.CommandID,
	}
}

func (j mapped[ID, Raw, Pos, M]) storeID() string { return identity(j.store) }

// identity returns the id of a store; empty if it has none.
func identity[ID, Pos comparable, M any](store EventStore[ID, Pos, M]) string {
	if s, ok := store.(IdentifiedStore[ID, Pos, M]); ok {
		return s.StoreID()
	}
	return ""
}
