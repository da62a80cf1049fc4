package reactor

import (
	"context"
	"slices"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
	"github.com/jetsource/jetsource/core/internal/handlers"
)

// input is one event, or one timer, to react to.
type input[ID, Pos comparable, M any] struct {
	react    reaction[ID, Pos, M]
	envelope core.Envelope[ID, Pos, M]
	event    any
}

// inputsOf reads a recorded event, with its history: mostly it is one input, or what a
// [core.Split] made of it.
func (w *Worker[ID, Pos, M]) inputsOf(stored core.StoredEvent[ID, Pos, M]) ([]input[ID, Pos, M], error) {
	if !w.reactor.table.Handles(stored.Kind, stored.Key) {
		return nil, nil
	}
	if err := handlers.MetadataError(&stored.Envelope); err != nil {
		return nil, err
	}
	return w.read(w.reactor.table, stored)
}

func (w *Worker[ID, Pos, M]) read(table handlers.Table[reaction[ID, Pos, M], ID], stored core.StoredEvent[ID, Pos, M]) (all []input[ID, Pos, M], err error) {
	from := fold.Source{Decode: func(event any) error { return w.store.DecodeEvent(stored, event) }}
	err = table.Each(stored.Kind, stored.Key, from, func(react reaction[ID, Pos, M], e fold.Part) error {
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

// outcome is what a reaction leads to.
type outcome[ID, Pos comparable, M any] struct {
	commits []core.Commit[ID, Pos, M]
	timers  []timerChange
}

func (o outcome[ID, Pos, M]) isEmpty() bool { return len(o.commits) == 0 && len(o.timers) == 0 }

// add adds what another reaction leads to, which is recorded with this one. Events of one
// aggregate are one commit.
func (o *outcome[ID, Pos, M]) add(more outcome[ID, Pos, M]) {
	o.timers = append(o.timers, more.timers...)
	for _, c := range more.commits {
		i := slices.IndexFunc(o.commits, func(of core.Commit[ID, Pos, M]) bool { return of.Key == c.Key && of.Unchecked && c.Unchecked })
		if i < 0 {
			o.commits = append(o.commits, c)
			continue
		}
		o.commits[i].Events = slices.Concat(o.commits[i].Events, c.Events)
	}
}

// callAll calls the handlers of all inputs that a timer is. They succeed and fail together.
func (w *Worker[ID, Pos, M]) callAll(ctx context.Context, all []input[ID, Pos, M], attempt int) (out outcome[ID, Pos, M], err error) {
	for _, in := range all {
		more, err := w.call(ctx, in, attempt)
		if err != nil {
			return outcome[ID, Pos, M]{}, err
		}
		out.add(more)
	}
	return out, nil
}

// call calls the handler of an input, for the nth time. What it leads to has the input as its
// cause. A panic is a [core.PanicError].
func (w *Worker[ID, Pos, M]) call(ctx context.Context, in input[ID, Pos, M], attempt int) (out outcome[ID, Pos, M], err error) {
	ctx = core.CausedBy(ctx, in.envelope)
	if hook := core.ObserverOf(w.store).React; hook != nil {
		var end func(error)
		stored := core.StoredEvent[ID, Pos, M]{Envelope: in.envelope}
		ctx, end = hook(ctx, core.ReactionInfo{Reactor: w.reactor.name, Event: stored.Info(), Attempt: attempt})
		defer func() { end(err) }()
	}
	defer handlers.Recover(&err)
	t := w.newTurn(&in.envelope)
	out.commits, err = in.react(context.WithValue(ctx, turnKey{}, t), &in.envelope, in.event)
	out.timers = t.end()
	origin := core.OriginOf(ctx)
	for i := range out.commits { // they are recorded with the outputs of others
		out.commits[i].Origin = out.commits[i].Origin.Or(origin)
	}
	return out, err
}
