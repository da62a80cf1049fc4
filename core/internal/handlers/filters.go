package handlers

import (
	"fmt"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
)

// FiltersAfter returns the filters of the table's events after a version; the
// zero Version for all of them.
func FiltersAfter[F any, ID, Pos comparable](t Table[F, ID], v core.Version[Pos]) []core.Filter[ID, Pos] {
	return filters(t, core.Filter[ID, Pos]{After: v})
}

// FiltersFrom returns the filters of the table's events from a version on, the
// event at the version included.
func FiltersFrom[F any, ID, Pos comparable](t Table[F, ID], v core.Version[Pos]) []core.Filter[ID, Pos] {
	return filters(t, core.Filter[ID, Pos]{From: v})
}

// filters returns a filter for each kind and aggregate, with the bound of f. Some may
// be the same: events of one kind may have become those of two handlers.
func filters[F any, ID, Pos comparable](t Table[F, ID], f core.Filter[ID, Pos]) []core.Filter[ID, Pos] {
	var all []core.Filter[ID, Pos]
	for _, h := range t.handlers {
		for _, kind := range h.reader.Kinds() {
			f.EventKind, f.Aggregate = kind, nil
			if h.Only == nil {
				all = append(all, f)
			}
			for _, key := range h.Only {
				f.Aggregate = &key
				all = append(all, f)
			}
		}
	}
	return all
}

// Hash identifies the events that the table handles.
func (t Table[F, ID]) Hash() string {
	var parts []string
	for _, h := range t.handlers {
		for _, kind := range h.reader.Kinds() {
			if h.Only == nil {
				parts = append(parts, fmt.Sprintf("%q", kind))
			}
			for _, key := range h.Only {
				parts = append(parts, fmt.Sprintf("%q %s", kind, Literal(key)))
			}
		}
	}
	return fold.Hash(parts)
}

// Literal returns a text that no other key has.
func Literal[ID comparable](key core.Key[ID]) string {
	return fmt.Sprintf("%q %#v", key.Kind, key.ID)
}

// MetadataError returns the error of an event whose metadata could not be decoded,
// and so cannot be given to a handler; nil for any other.
func MetadataError[ID, Pos comparable, M any](e *core.Envelope[ID, Pos, M]) error {
	if e.MetadataErr == nil {
		return nil
	}
	return DecodeError(e, fmt.Errorf("%w: %w", core.ErrMetadata, e.MetadataErr))
}

// DecodeError returns the error of an event that a handler could not read.
func DecodeError[ID, Pos comparable, M any](e *core.Envelope[ID, Pos, M], err error) *core.DecodeError {
	return &core.DecodeError{Kind: e.Kind, Key: e.Key.String(), Position: fmt.Sprint(e.Position), Err: err}
}
