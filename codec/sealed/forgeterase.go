package sealed

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jetsource/jetsource/core"
)

// erase does all between the two events. Each step can be done again.
func (f *Forgetter[ID, Pos, M]) erase(ctx context.Context, subject string) error {
	held, until, err := f.find(ctx, subject, core.Version[Pos]{})
	if err != nil {
		return err
	}
	entries := make(map[core.Key[ID]][]core.EntryKey)
	for key, r := range held {
		if entries[key], err = f.entries(ctx, subject, key.ID, r); err != nil {
			return err
		}
	}
	// Where the key is gone by now, as after a call that was interrupted or [Forgetter.Request],
	// not all of these values may have been read.
	unread, err := f.codec.keys.isDestroyed(ctx, subject)
	if err != nil {
		return err
	}
	if err := f.codec.keys.destroy(ctx, subject); err != nil {
		return err
	}
	if err := f.passed("destroyed"); err != nil {
		return err
	}
	if err := wait(ctx, f.codec.keys.cache.age); err != nil {
		return err
	}
	since, _, err := f.find(ctx, subject, until) // what other programs have sealed meanwhile
	if err != nil {
		return err
	}
	maps.Copy(held, since)
	if err := drop(ctx, held); err != nil {
		return err
	}
	if err := f.passed("dropped"); err != nil {
		return err
	}
	for key, r := range held {
		var err error
		if _, changed := since[key]; changed || unread {
			err = r.ReleaseStaleUnique(ctx, key.ID)
		} else if len(entries[key]) > 0 {
			err = r.ReleaseStaleUnique(ctx, key.ID, entries[key]...)
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

// find returns the aggregates that have events with values of a subject after a version,
// and a repository, and the version up to which it has looked.
func (f *Forgetter[ID, Pos, M]) find(ctx context.Context, subject string, after core.Version[Pos]) (held map[core.Key[ID]]Repository[ID], until core.Version[Pos], err error) {
	held, until = make(map[core.Key[ID]]Repository[ID]), after
	for e, err := range f.store.LoadEvents(ctx, core.Filter[ID, Pos]{After: after}) {
		if err != nil {
			return nil, until, err
		}
		until = core.At(e.Position)
		r := f.byKind[e.Key.Kind]
		if _, sealed := InnerName(e.Codec); r == nil || !sealed {
			continue
		}
		about, err := subjects(e.Kind, e.Data)
		if err != nil {
			return nil, until, &core.DecodeError{Kind: e.Kind, Position: fmt.Sprint(e.Position), Err: err}
		}
		if about[subject] {
			held[e.Key] = r
		}
	}
	return held, until, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
