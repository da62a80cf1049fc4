package reactor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jetsource/jetsource/core"
)

// asked is a parked event, or a timer, that is to be replayed by a worker.
type asked[Pos comparable] struct {
	Position Pos    `json:"position,omitzero"`
	Timer    string `json:"timer,omitempty"`
}

func askedFor[Pos comparable](p ParkedEvent[Pos]) asked[Pos] {
	if p.Timer != nil {
		return asked[Pos]{Timer: p.Timer.ref()}
	}
	return asked[Pos]{Position: p.Position}
}

// MaxAsked is how many replays can be asked for and not done.
const MaxAsked = 1000

// AskReplay has a running worker of the reactor replay parked events and timers, in order, as
// [Worker.Replay] does: the one that has the event's partition, within seconds, when the reactor
// is not paused. This worker need not have the handlers. What fails stays parked, with the error
// that it then had, and is logged by the worker that tried; it is not tried again. Until it is
// done, [ParkedEvent] says that it is asked for. AskReplay returns [ErrNotParked] if one of them
// is not parked, and an error for more than [MaxAsked] at a time.
func (w *Worker[ID, Pos, M]) AskReplay(ctx context.Context, events ...ParkedEvent[Pos]) error {
	parked, _, err := w.parked(ctx)
	if err != nil {
		return err
	}
	for _, p := range events {
		if !slices.ContainsFunc(parked, p.same) {
			return w.notParked(p)
		}
	}
	return w.direct(ctx, func(c *control[Pos]) error {
		for _, p := range events {
			if a := askedFor(p); !slices.Contains(c.Replays, a) {
				c.Replays = append(c.Replays, a)
			}
		}
		if n := len(c.Replays); n > MaxAsked {
			return fmt.Errorf("reactor %s: %d replays would be asked for, and %d can be", w.reactor.name, n, MaxAsked)
		}
		return nil
	})
}

// unask takes back what was asked for.
func (w *Worker[ID, Pos, M]) unask(ctx context.Context, a asked[Pos]) error {
	return w.direct(ctx, func(c *control[Pos]) error { c.without(a); return nil })
}

// without removes what was asked for.
func (c *control[Pos]) without(a asked[Pos]) {
	c.Replays = slices.DeleteFunc(c.Replays, func(b asked[Pos]) bool { return a == b })
}

// replayAsked replays what is asked for, of the partitions that the session has, until ctx ends.
// It does so beside what they react to. A fault of the store is no failure: the control is looked
// at again soon.
func (s *session[ID, Pos, M]) replayAsked(ctx context.Context) error {
	for {
		select {
		case <-s.replays:
		case <-ctx.Done():
			return nil
		}
		if err := s.tryReplays(ctx); err != nil && ctx.Err() == nil {
			s.runner().Logger().DebugContext(ctx, "replays not done yet", "reactor", s.reactor.name, "error", err)
		}
	}
}

func (s *session[ID, Pos, M]) tryReplays(ctx context.Context) error {
	c, _, err := s.loadControl(ctx)
	if err != nil {
		return err
	}
	parked, _, err := s.parked(ctx)
	if err != nil {
		return err
	}
	undone := make(map[int]bool) // partitions of which a replay is not done: none after it is, either
	for _, a := range c.Replays {
		i := slices.IndexFunc(parked, func(p ParkedEvent[Pos]) bool { return a == askedFor(p) })
		if i < 0 { // it was replayed or discarded otherwise
			err = errors.Join(err, s.unask(ctx, a))
			continue
		}
		of := parked[i].Partition
		held := s.holds(of)
		if held == nil || undone[of] {
			undone[of] = true
		} else if failed := s.replayFor(held, parked[i]); failed != nil {
			undone[of], err = true, errors.Join(err, failed)
		}
	}
	return err
}

// holds returns the context of a partition, nil if the session does not have it, or not yet.
func (s *session[ID, Pos, M]) holds(number int) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if number >= len(s.partitions) {
		return nil
	}
	p := s.partitions[number]
	if p == nil || !p.loaded || p.ended || p.fenced || p.ctx.Err() != nil {
		return nil
	}
	return p.ctx
}

// replayFor replays a parked event because it was asked for. What it returns is a reason to do so
// again: a fault of the store, or that ctx has ended.
func (s *session[ID, Pos, M]) replayFor(ctx context.Context, p ParkedEvent[Pos]) error {
	r := &replay[ID, Pos, M]{Worker: s.Worker, event: p, asked: true}
	err := r.run(ctx)
	switch {
	case err == nil:
		s.runner().Logger().InfoContext(ctx, "parked event replayed", "reactor", s.reactor.name, "event", p.Kind, "position", p.Position)
		return nil
	case ctx.Err() != nil || r.faulty || isStoresFault(err):
		return err
	}
	s.logPanic(ctx, p.Kind, p.Position, err)
	if failed := r.fail(ctx, err); failed != nil {
		return failed
	}
	s.runner().Fault(ctx, core.NextPark, err)
	s.runner().Logger().ErrorContext(ctx, "event stays parked", "reactor", s.reactor.name, "event", p.Kind, "position", p.Position, "error", err)
	return nil
}

// fail records that an event that was to be replayed stays parked, and why.
func (r *replay[ID, Pos, M]) fail(ctx context.Context, reason error) error {
	ctx, end := lastly(ctx)
	defer end()
	err := r.find(ctx)
	if err == nil {
		r.event.Attempts++
		r.event.ErrorType, r.event.Reason = reasonOf(reason)
		r.failed = true
		err = r.record(ctx, entryParked, outcome[ID, Pos, M]{})
	}
	if errors.Is(err, ErrNotParked) { // it was replayed or discarded otherwise
		err = r.unask(ctx, askedFor(r.event))
	}
	return err
}

// lastly returns the context to record in what was done when ctx may end.
func lastly(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), finishTime)
}
