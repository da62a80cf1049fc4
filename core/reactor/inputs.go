package reactor

import (
	"context"
	"errors"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// inputs is a recorded event while a worker reacts to it: mostly one input, or what a
// [core.Split] made of it. They are handled in order, and done counts those that were.
type inputs[ID, Pos comparable, M any] struct {
	stored core.StoredEvent[ID, Pos, M]
	all    []input[ID, Pos, M]
	read   bool // all are known
	done   int
}

// input is one event to react to.
type input[ID, Pos comparable, M any] struct {
	react    reaction[ID, Pos, M]
	envelope core.Envelope[ID, Pos, M]
	event    any
}

// last reports whether no other input follows the next one.
func (in *inputs[ID, Pos, M]) last() bool { return in.read && in.done+1 >= len(in.all) }

// eventID identifies the next input, or the whole event while it cannot be read.
func (in *inputs[ID, Pos, M]) eventID() string {
	if in.done < len(in.all) {
		return in.all[in.done].envelope.EventID()
	}
	return in.stored.EventID()
}

// reached returns the checkpoint after the next input.
func (in *inputs[ID, Pos, M]) reached(before checkpoint[Pos]) checkpoint[Pos] {
	if in.last() {
		return checkpoint[Pos]{Processed: core.At(in.stored.Position)}
	}
	return checkpoint[Pos]{Processed: before.Processed, Partial: partial[Pos]{core.At(in.stored.Position), in.done + 1}}
}

// react calls the handler of the next input. A panic is a [core.PanicError].
func (w *Worker[ID, Pos, M]) react(ctx context.Context, in *inputs[ID, Pos, M]) (_ []core.Commit[ID, Pos, M], err error) {
	defer handlers.Recover(&err)
	if !in.read {
		in.all, err = w.inputsOf(in.stored)
		if errors.Is(err, core.ErrUnavailable) {
			return nil, err // what is needed to decode it is away
		}
		if err != nil {
			return nil, Permanent(err)
		}
		in.read = true
	}
	if in.done >= len(in.all) {
		return nil, nil
	}
	next := in.all[in.done]
	return next.react(ctx, &next.envelope, next.event)
}

// inputsOf reads a recorded event, with its history.
func (w *Worker[ID, Pos, M]) inputsOf(stored core.StoredEvent[ID, Pos, M]) (all []input[ID, Pos, M], err error) {
	if !w.reactor.table.Handles(stored.Kind, stored.Key) {
		return nil, nil
	}
	if err := handlers.MetadataError(&stored.Envelope); err != nil {
		return nil, err
	}
	from := fold.Source{Decode: func(event any) error { return w.store.DecodeEvent(stored, event) }}
	err = w.reactor.table.Each(stored.Kind, stored.Key, from, func(react reaction[ID, Pos, M], e fold.Part) error {
		envelope := stored.Envelope
		envelope.Commit.Part = e.Number
		all = append(all, input[ID, Pos, M]{react, envelope, e.Event})
		return nil
	})
	if err != nil {
		return nil, handlers.DecodeError(&stored.Envelope, err)
	}
	return all, nil
}
