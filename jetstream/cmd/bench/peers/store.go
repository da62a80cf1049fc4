package main

import (
	"context"
	"errors"

	"github.com/jetsource/jetsource/core"
)

// engine is a database that keeps events: ours, or one of those that it is
// compared with.
type engine interface {
	// open makes an empty store. The name is that of a stream, a table or a file.
	open(ctx context.Context, name string) (store, error)
	// close stops the database and removes its files.
	close() error
}

// store is what the rows measure.
type store interface {
	// commit records some commits to different aggregates, all or none, and
	// returns the version that each aggregate has then. An aggregate that is not at
	// the version that a commit expects is an errConflict.
	commit(ctx context.Context, commits ...commit) ([]uint64, error)
	// load folds the events of an aggregate, and returns its version.
	load(ctx context.Context, id string) (document, uint64, error)
	// update loads an aggregate, runs the command change and commits its events, again
	// after a conflict. Cached may keep states in memory.
	update(ctx context.Context, id string, cached bool) error
	// settle is called once the store was filled. It does what the database does by
	// itself some time later.
	settle(ctx context.Context) error
	// fold folds all events, in order.
	fold(ctx context.Context) (totals, error)
	close() error
}

// commit is some events for an aggregate that is at a version. Zero is an aggregate
// without events; what any other version means is up to the store.
type commit struct {
	id      string
	version uint64
	events  []core.Event
}

var errConflict = errors.New("conflict")

// update is the method of stores that have no repository.
func update(ctx context.Context, s store, id string) error {
	for {
		state, version, err := s.load(ctx, id)
		if err != nil {
			return err
		}
		events, err := change(state)
		if err != nil {
			return err
		}
		if _, err := s.commit(ctx, commit{id, version, events}); !errors.Is(err, errConflict) {
			return err
		}
	}
}
