package sealed

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"time"

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
// repositories are those that keep snapshots, caches or unique values; other aggregates
// need none. An error is one of the types: subjects must be ids of the store, by their text.
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
// subject yields its zero value, or what the tag says.
//
// It reads the whole log, to find the aggregates. When it is interrupted, [Forgetter.Resume]
// or another call goes on. A subject that was forgotten already is no error.
func (f *Forgetter[ID, Pos, M]) Forget(ctx context.Context, subject string) error {
	if err := f.forget(ctx, subject); err != nil {
		return fmt.Errorf("forget subject %.64q: %w", subject, err)
	}
	return nil
}

func (f *Forgetter[ID, Pos, M]) forget(ctx context.Context, subject string) error {
	key, at, forgotten, err := f.begin(ctx, subject)
	if err != nil || forgotten {
		return err
	}
	if err := f.passed("requested"); err != nil {
		return err
	}
	if err := f.erase(ctx, subject); err != nil {
		return err
	}
	_, err = f.record(ctx, key, at, Forgotten{subject})
	return err
}

// begin records that a subject is to be forgotten, unless that is recorded. It reports
// whether it was forgotten.
func (f *Forgetter[ID, Pos, M]) begin(ctx context.Context, subject string) (key core.Key[ID], at core.Version[Pos], forgotten bool, err error) {
	if key, err = f.key(subject); err != nil {
		return key, at, false, err
	}
	last, at, err := f.last(ctx, key)
	if err == nil && last == "" {
		at, err = f.record(ctx, key, at, ForgetRequested{subject})
	}
	return key, at, last == forgottenKind, err
}

var (
	requestedKind = ForgetRequested{}.EventKind()
	forgottenKind = Forgotten{}.EventKind()
)

// erase does all between the two events. Each step can be done again.
func (f *Forgetter[ID, Pos, M]) erase(ctx context.Context, subject string) error {
	held, until, err := f.find(ctx, subject, core.Version[Pos]{})
	if err != nil {
		return err
	}
	entries := make(map[core.Key[ID]][]core.EntryKey)
	for key, r := range held {
		if entries[key], err = r.UniqueEntries(ctx, key.ID); err != nil {
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

// Pending yields the subjects that are to be forgotten and are not yet.
func (f *Forgetter[ID, Pos, M]) Pending(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for id, err := range f.store.IDs(ctx, SubjectKind) {
			var last, subject string
			if err == nil {
				last, _, err = f.last(ctx, core.Key[ID]{Kind: SubjectKind, ID: id})
			}
			if err == nil && last != requestedKind {
				continue
			}
			if err == nil {
				subject, err = f.text(id)
			}
			if !yield(subject, err) || err != nil {
				return
			}
		}
	}
}

// Resume forgets the subjects that are pending: a program calls it when it starts, beside
// its other work.
func (f *Forgetter[ID, Pos, M]) Resume(ctx context.Context) error {
	for subject, err := range f.Pending(ctx) {
		if err == nil {
			err = f.Forget(ctx, subject)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// key returns the key of the aggregate of a subject.
func (f *Forgetter[ID, Pos, M]) key(subject string) (key core.Key[ID], err error) {
	token, err := codec.EncodeToken(subject)
	if err == nil {
		key.Kind = SubjectKind
		key.ID, err = f.ids.ID(token)
	}
	return key, err
}

// text returns the subject of an aggregate.
func (f *Forgetter[ID, Pos, M]) text(id ID) (string, error) {
	token, err := f.ids.Token(id)
	if err != nil {
		return "", err
	}
	return codec.DecodeToken(token)
}

// last returns the kind of the last event of a subject; empty if there is none.
func (f *Forgetter[ID, Pos, M]) last(ctx context.Context, key core.Key[ID]) (kind string, at core.Version[Pos], err error) {
	for e, err := range f.store.LoadEvents(ctx, core.Filter[ID, Pos]{Aggregate: &key}) {
		if err != nil {
			return "", at, err
		}
		kind, at = e.Kind, core.At(e.Position)
	}
	return kind, at, nil
}

// record records an event of a subject. One that another call has recorded is none to be
// recorded again.
func (f *Forgetter[ID, Pos, M]) record(ctx context.Context, key core.Key[ID], on core.Version[Pos], event core.Event) (core.Version[Pos], error) {
	position, err := core.CommitEventsOptimistic(ctx, f.store, key, on, []core.Event{event}, f.metadata)
	if err == nil {
		return core.At(position), nil
	}
	if !errors.Is(err, core.ErrConflict) {
		return on, err
	}
	last, at, again := f.last(ctx, key)
	if again == nil && (last == event.EventKind() || last == forgottenKind) {
		return at, nil
	}
	return on, errors.Join(err, again)
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
