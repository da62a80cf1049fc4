package sealed

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// found is what a log has of a subject.
type found[ID, Pos comparable] struct {
	held      map[core.Key[ID]]Repository[ID] // aggregates that have events with values of it
	clearText int                             // how many of these events have values that are not sealed
	until     core.Version[Pos]               // of the last event that was looked at
}

// find returns what the log has of a subject after a version, of aggregates with a repository.
func (f *Forgetter[ID, Pos, M]) find(ctx context.Context, subject string, after core.Version[Pos]) (found[ID, Pos], error) {
	all := found[ID, Pos]{held: make(map[core.Key[ID]]Repository[ID]), until: after}
	for e, err := range f.store.LoadEvents(ctx, core.Filter[ID, Pos]{After: after}) {
		if err != nil {
			return all, err
		}
		all.until = core.At(e.Position)
		r := f.byKind[e.Key.Kind]
		if r == nil {
			continue
		}
		isSealed, isClear, err := f.about(e, subject)
		if err != nil {
			return all, &core.DecodeError{Kind: e.Kind, Position: fmt.Sprint(e.Position), Err: err}
		}
		if isClear {
			all.clearText++
		}
		if isSealed || isClear {
			all.held[e.Key] = r
		}
	}
	return all, nil
}

// about reports whether an event has sealed values of a subject, and whether it has such in
// clear text.
func (f *Forgetter[ID, Pos, M]) about(e core.StoredEvent[ID, Pos, M], subject string) (isSealed, isClear bool, err error) {
	inner, ok := InnerName(e.Codec)
	if ok {
		all, err := subjects(e.Kind, e.Data)
		if err != nil {
			return false, false, err
		}
		isSealed = all[subject]
	}
	r := f.byKind[e.Key.Kind]
	if r == nil {
		return isSealed, false, nil
	}
	t := r.PayloadOf(e.Kind)
	switch {
	case t == nil || !tagged(t):
	case ok:
		isClear, err = f.codec.hasClearText(inner, e.Kind, e.Data, t, subject)
	default:
		isClear = hasValues(t, subject, func(event any) error { return f.store.DecodeEvent(e, event) })
	}
	return isSealed, isClear, err
}
