package sealed

import (
	"context"
	"fmt"
	"reflect"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// Store is what a [Forgetter] asks of a store of events. Packages memory and jetstream have
// such.
type Store[ID, Pos comparable, M any] interface {
	core.GloballyOrderedStore[ID, Pos, M]
	core.ListingStore[ID, Pos, M]
}

// Repository is a [core.Repository] of any aggregates.
type Repository[ID comparable] interface {
	AggregateKind() string
	PayloadOf(eventKind string) reflect.Type
	DropState(ctx context.Context, id ID) error
	UniqueEntries(ctx context.Context, id ID) ([]core.EntryKey, error)
	ReleaseStaleUnique(ctx context.Context, id ID, among ...core.EntryKey) error
}

// Forgetter forgets subjects, and exports what is held about them. It is immutable and safe
// for concurrent use.
type Forgetter[ID, Pos comparable, M any] struct {
	store    Store[ID, Pos, M]
	codec    *Codec
	byKind   map[string]Repository[ID]
	ids      *codec.IDs[ID]
	metadata M
	passed   func(step string) error // of a test, after each step
}

// NewForgetter returns a forgetter of the subjects in store, whose events c encodes. The
// repositories are those that keep snapshots, caches or unique values, or that have events from
// before their fields were tagged; other aggregates need none. An error is one of the types: subjects must be ids of the store, by their text.
func NewForgetter[ID, Pos comparable, M any](store Store[ID, Pos, M], c *Codec, repositories ...Repository[ID]) (*Forgetter[ID, Pos, M], error) {
	ids, err := codec.NewIDs[ID]()
	if err != nil {
		return nil, err
	}
	f := &Forgetter[ID, Pos, M]{
		store: store, codec: c, ids: ids,
		byKind: make(map[string]Repository[ID]),
		passed: func(string) error { return nil },
	}
	for _, r := range repositories {
		if f.byKind[r.AggregateKind()] != nil {
			return nil, fmt.Errorf("forgetter: two repositories of %s", r.AggregateKind())
		}
		f.byKind[r.AggregateKind()] = r
	}
	return f, nil
}

// WithMetadata returns a forgetter that records metadata with its events.
func (f *Forgetter[ID, Pos, M]) WithMetadata(metadata M) *Forgetter[ID, Pos, M] {
	c := *f
	c.metadata = metadata
	return &c
}

// Forget forgets a subject: it records [ForgetRequested], destroys the key, waits until no
// program has that any more, which is the KeyAge of the codec, removes the snapshots and
// cached states of the aggregates that have events with values of the subject, releases the
// unique values that they had by these, and records [Forgotten]. After it every read of a personal field of the
// subject yields its zero value, or what the tag says. Where that is not so, as events hold
// values of it that were not sealed, all of this is done and recorded, and the error is a
// [ClearTextError], also if it is called again. It knows the events of aggregates that have a
// repository.
//
// It reads the whole log, to find the aggregates. When it is interrupted, [Forgetter.Resume]
// or another call goes on. A subject that was forgotten already is no error: if the key store
// does not know that, as one that was restored, its key is destroyed there.
func (f *Forgetter[ID, Pos, M]) Forget(ctx context.Context, subject string) error {
	if err := f.forget(ctx, subject); err != nil {
		return fmt.Errorf("forget subject %.64q: %w", subject, err)
	}
	return nil
}

func (f *Forgetter[ID, Pos, M]) forget(ctx context.Context, subject string) error {
	key, at, forgotten, err := f.begin(ctx, subject)
	if err != nil {
		return err
	}
	if forgotten {
		return f.forgetAgain(ctx, key, subject)
	}
	if err := f.passed("requested"); err != nil {
		return err
	}
	n, err := f.erase(ctx, subject)
	if err != nil {
		return err
	}
	if _, err := f.record(ctx, key, at, Forgotten{Subject: subject, ClearText: n}); err != nil {
		return err
	}
	return clearTextIn(n, subject)
}

// forgetAgain sees to it that the key store knows of a subject that was forgotten.
func (f *Forgetter[ID, Pos, M]) forgetAgain(ctx context.Context, key core.Key[ID], subject string) error {
	if err := f.codec.keys.destroy(ctx, subject); err != nil {
		return err
	}
	done, err := f.forgotten(ctx, key)
	if err != nil {
		return err
	}
	return clearTextIn(done.ClearText, subject)
}
