package reactor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
)

// permanentUnlessPanic marks the error of an event that cannot be read: it cannot be read
// later. A panic may have been chance.
func permanentUnlessPanic(err error) error {
	if _, panicked := errors.AsType[*core.PanicError](err); panicked {
		return err
	}
	return Permanent(err)
}

// isStoresFault reports whether a reaction failed because of a store that it used. That
// is no fault of the event, and does not count as an attempt.
func isStoresFault(err error) bool {
	return errors.Is(err, core.ErrUnavailable) || errors.Is(err, core.ErrUnknownOutcome)
}

// logPanic logs the stack of a reaction that panicked: a parked event does not keep
// it.
func (s *session[ID, Pos, M]) logPanic(ctx context.Context, kind string, position Pos, err error) {
	if panicked, ok := errors.AsType[*core.PanicError](err); ok {
		s.runner().Logger().ErrorContext(ctx, "reaction panicked", "reactor", s.reactor.name,
			"event", kind, "position", position, "error", err, "stack", string(panicked.Stack))
	}
}

// giveUp parks an item, or returns a [ReactionError].
func (s *session[ID, Pos, M]) giveUp(p *partition[ID, Pos, M], it *item[ID, Pos, M], attempts int, err error) error {
	reason := &ReactionError{
		Reactor: s.reactor.name, Kind: it.stored.Kind, Key: it.stored.Key.String(),
		Position: fmt.Sprint(it.stored.Position), Attempts: attempts, Err: err,
	}
	if it.timer != nil {
		reason.Position = it.timer.Due.Format(time.RFC3339Nano)
	}
	if !s.settings.park {
		s.runner().Fault(p.ctx, core.NextStop, err)
		return core.Final(reason)
	}
	parked := ParkedEvent[Pos]{Attempts: attempts}
	parked.ErrorType, parked.Reason = reasonOf(err)
	if err := s.park(p, it, parked); err != nil {
		return core.Final(err)
	}
	s.mu.Lock()
	if s.settings.holdBack {
		p.held[it.stored.Key.String()] = true
	}
	p.fault = nil
	s.mu.Unlock()
	s.runner().Fault(p.ctx, core.NextPark, reason.Err)
	s.runner().Logger().ErrorContext(p.ctx, "event parked", "reactor", s.reactor.name, "position", it.stored.Position, "error", reason.Err)
	s.reacted(p, it, outcome[ID, Pos, M]{})
	s.recovered()
	return nil
}

// park has an item parked when it is recorded, with what is given of the reason.
func (s *session[ID, Pos, M]) park(p *partition[ID, Pos, M], it *item[ID, Pos, M], parked ParkedEvent[Pos]) error {
	parked.Position, parked.EventID, parked.Done = it.stored.Position, it.eventID(), it.part
	parked.Kind, parked.Key = it.stored.Kind, it.stored.Key.String()
	parked.Partition = p.number
	if it.timer != nil {
		parked.Timer = it.timer.timer
	}
	c, err := s.parking(parked)
	it.parked = &c
	return err
}
