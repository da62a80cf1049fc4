package core

import (
	"context"
	"errors"
	"fmt"
)

// journal is what a repository needs of a store, with identifiers of the
// aggregate's own type.
type journal[ID, Pos comparable, M any] interface {
	// replay calls fold with each event of an aggregate, from a position on.
	replay(ctx context.Context, key Key[ID], from Version[Pos], fold func(entry[Pos]) error) error
	record(ctx context.Context, c Commit[ID, Pos, M]) (Pos, error)
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
	var stored StoredEvent[Raw, Pos, M]
	decode := func(event any) error { return j.store.DecodeEvent(stored, event) }
	var err error
	// Every event counts, also one that is not handled any more: the version that
	// the next commit expects is that of the last.
	for stored, err = range j.store.LoadEvents(ctx, Filter[Raw, Pos]{Aggregate: &raw, From: from}) {
		if err != nil {
			return err
		}
		if err := fold(entry[Pos]{stored.Kind, stored.Position, stored.Commit, stored.CommandID, source{decode: decode}}); err != nil {
			return err
		}
	}
	return nil
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
	positions, err := store.CommitAll(ctx, Commit[Raw, Pos, M]{
		Key: key, Expected: c.Expected, Unchecked: c.Unchecked,
		Events: c.Events, Metadata: c.Metadata, CommandID: c.CommandID,
	})
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
