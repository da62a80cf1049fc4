package sealed

import (
	"context"
	"errors"
	"maps"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/pause"
)

// erase does all between the two events. Each step can be done again. It returns how many events
// have values of the subject in clear text.
func (f *Forgetter[ID, Pos, M]) erase(ctx context.Context, subject string) (clearText int, err error) {
	found, err := f.find(ctx, subject, core.Version[Pos]{})
	if err != nil {
		return 0, err
	}
	entries := make(map[core.Key[ID]][]core.EntryKey) // of which all were read
	for key, r := range found.held {
		if entries[key], err = f.entries(ctx, subject, key.ID, r); err != nil {
			return 0, err
		}
	}
	// Where the key is gone by now, as after a call that was interrupted or [Forgetter.Request],
	// not all of these values may have been read.
	unread, err := f.codec.keys.isDestroyed(ctx, subject)
	if err != nil {
		return 0, err
	}
	if unread {
		clear(entries)
	}
	if err := f.codec.keys.destroy(ctx, subject); err != nil {
		return 0, err
	}
	if err := f.passed("destroyed"); err != nil {
		return 0, err
	}
	if err := pause.For(ctx, f.codec.keys.cache.age); err != nil {
		return 0, err
	}
	since, err := f.find(ctx, subject, found.until) // what other programs have sealed meanwhile
	if err != nil {
		return 0, err
	}
	for key := range since.held {
		delete(entries, key)
	}
	maps.Copy(found.held, since.held)
	return found.clearText + since.clearText, f.remove(ctx, found.held, entries)
}

// remove removes what aggregates have besides their events: states, and unique values that their
// states have no more. Entries has those of the values of which all were read before.
func (f *Forgetter[ID, Pos, M]) remove(ctx context.Context, held map[core.Key[ID]]Repository[ID], entries map[core.Key[ID]][]core.EntryKey) error {
	if err := drop(ctx, held); err != nil {
		return err
	}
	if err := f.passed("dropped"); err != nil {
		return err
	}
	for key, r := range held {
		var err error
		if among, read := entries[key]; !read {
			err = r.ReleaseStaleUnique(ctx, key.ID)
		} else if len(among) > 0 {
			err = r.ReleaseStaleUnique(ctx, key.ID, among...)
		}
		if err != nil {
			return err
		}
	}
	return f.passed("erased")
}

// entries returns the entries of the unique values of an aggregate. Where the key store has
// lost the key of the subject, that is destroyed first: its values read as erased then.
func (f *Forgetter[ID, Pos, M]) entries(ctx context.Context, subject string, id ID, r Repository[ID]) ([]core.EntryKey, error) {
	keys, err := r.UniqueEntries(ctx, id)
	if !errors.Is(err, ErrNoKey) {
		return keys, err
	}
	if err := f.codec.keys.destroy(ctx, subject); err != nil {
		return nil, err
	}
	return r.UniqueEntries(ctx, id)
}

// drop removes what repositories keep of aggregates besides their events.
func drop[ID comparable](ctx context.Context, held map[core.Key[ID]]Repository[ID]) error {
	for key, r := range held {
		if err := r.DropState(ctx, key.ID); err != nil {
			return err
		}
	}
	return nil
}
