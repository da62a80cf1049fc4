package core

import (
	"fmt"

	"github.com/jetsource/jetsource/core/internal/fold"
)

// fold folds an event of a kind into state, which is not to be used any more after an
// error.
func (g *Aggregate[A]) fold(state *A, kind string, commit CommitInfo, from fold.Source) error {
	return g.read(kind, commit, from, func(p fold.Part) error {
		g.apply[p.Type](state, p.Event)
		return nil
	})
}

// read calls each with what an event of a kind is today. Events that may be passed over
// are left out, and so is one of another program that has no handler.
func (g *Aggregate[A]) read(kind string, commit CommitInfo, from fold.Source, each func(fold.Part) error) error {
	if !g.reader.Knows(kind) {
		if commit.ID == "" {
			return nil
		}
		return g.missing(kind)
	}
	return g.reader.Read(kind, from, func(p fold.Part) error {
		if _, ok := g.apply[p.Type]; !ok {
			return g.missing(fold.Value(p.Event).EventKind())
		}
		return each(p)
	})
}

// copyOf returns a copy of an event that [Aggregate.Check] accepts, made of what it is
// read from.
func (g *Aggregate[A]) copyOf(e Event, from fold.Source) (copied Event, err error) {
	err = g.read(e.EventKind(), applied, from, func(p fold.Part) error {
		copied = fold.Value(p.Event)
		return nil
	})
	return copied, err
}

// missing returns the error of an event without a handler, if it is one.
func (g *Aggregate[A]) missing(kind string) error {
	if g.passing.all || g.passing.kinds[kind] {
		return nil
	}
	return g.unknown(kind)
}

// Check returns [ErrUnknownEvent] for an event that a command must not emit: it
// could not be folded, or not be decoded as the type that it has. A [Repository] does
// so before it commits.
func (g *Aggregate[A]) Check(e Event) error {
	if text := fold.Nil(e); text != "" {
		return g.unknown(text)
	}
	typed, ok := g.emits[e.EventKind()]
	if !ok {
		return g.unknown(e.EventKind())
	}
	if !typed(e) {
		return g.unknown(fmt.Sprintf("%s as a %T", e.EventKind(), e))
	}
	return nil
}

func (g *Aggregate[A]) unknown(event string) error {
	return fmt.Errorf("aggregate %s: %w: %s", g.kind, ErrUnknownEvent, event)
}
