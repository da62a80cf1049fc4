package sealed

import (
	"context"
	"errors"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

var (
	requestedKind = ForgetRequested{}.EventKind()
	forgottenKind = Forgotten{}.EventKind()
)

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

// forgotten returns the last event [Forgotten] of a subject; the zero one if there is none.
func (f *Forgetter[ID, Pos, M]) forgotten(ctx context.Context, key core.Key[ID]) (done Forgotten, err error) {
	for e, err := range f.store.LoadEvents(ctx, core.Filter[ID, Pos]{Aggregate: &key}) {
		if err == nil && e.Kind == forgottenKind {
			err = f.store.DecodeEvent(e, &done)
		}
		if err != nil {
			return done, err
		}
	}
	return done, nil
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
