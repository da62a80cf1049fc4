package reactor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/handlers"
	"github.com/jetsource/jetsource/core/internal/outlast"
)

// work reacts to the events and timers of a partition, in order, until the process lets go of
// it.
func (s *session[ID, Pos, M]) work(p *partition[ID, Pos, M]) error {
	for p.ctx.Err() == nil {
		it := s.next(p)
		if it == nil {
			return nil
		}
		if err := s.handle(p, it); err != nil {
			return err
		}
	}
	return nil
}

// next waits for something to react to: what was refused, a timer that is due, or the next
// event. It returns nil when the process is to let go of the partition. Nothing is reacted to
// of an aggregate with outputs that are not recorded.
func (s *session[ID, Pos, M]) next(p *partition[ID, Pos, M]) *item[ID, Pos, M] {
	for {
		s.mu.Lock()
		it, sleep := s.tryNext(p)
		p.reacting = it != nil
		s.mu.Unlock()
		if it != nil {
			signal(p.room)
			return it
		}
		t := time.NewTimer(sleep)
		select {
		case <-p.wake:
		case <-t.C:
		case <-p.ctx.Done():
		}
		t.Stop()
		if p.ctx.Err() != nil {
			return nil
		}
	}
}

// tryNext is next without waiting. Sleep is how long there is nothing to do, unless something
// happens. The caller holds the lock.
func (s *session[ID, Pos, M]) tryNext(p *partition[ID, Pos, M]) (it *item[ID, Pos, M], sleep time.Duration) {
	if p.ctx.Err() != nil {
		return nil, 0
	}
	for _, it := range p.items[:p.taken] {
		if it.state == faulty {
			it.state = reacting
			return it, 0
		}
	}
	if p.taken >= maxAhead {
		return nil, timerPoll
	}
	if it, sleep = s.dueTimer(p); it != nil {
		return it, 0
	}
	if len(p.items) == p.taken {
		if !p.attached && len(p.items) == 0 {
			s.dispatcher.restart()
			signal(s.dispatcher.wake)
		}
		return nil, sleep
	}
	if it = p.items[p.taken]; p.busy[it.stored.Key] > 0 {
		return nil, sleep
	}
	it.state = reacting
	p.taken++
	return it, 0
}

// clock is what timers go by. It may be set while they wait, so that they look at it often.
var clock = time.Now

// dueTimer returns an item for the first timer, if it is due, or how long to sleep.
func (s *session[ID, Pos, M]) dueTimer(p *partition[ID, Pos, M]) (*item[ID, Pos, M], time.Duration) {
	t := p.timers.next()
	if t == nil {
		return nil, time.Hour
	}
	if left := t.Due.Sub(clock()); left > 0 {
		return nil, min(left, timerPoll)
	}
	it := &item[ID, Pos, M]{timer: t, before: p.at.Processed}
	it.stored, it.err = timerEvent[ID, Pos, M](t.timer)
	it.err = Permanent(it.err)
	if p.busy[it.stored.Key] > 0 {
		return nil, time.Hour // until its outputs are recorded
	}
	switch {
	case p.taken < len(p.items):
		it.before = p.items[p.taken].before
	case p.attached:
		it.before = s.dispatcher.cursor
	}
	p.timers.take(t)
	it.state = reacting
	p.insert(it, p.taken)
	p.taken++
	return it, 0
}

// handle reacts to an item, as often as it takes. It returns what ends the worker.
func (s *session[ID, Pos, M]) handle(p *partition[ID, Pos, M], it *item[ID, Pos, M]) error {
	faults := outlast.Faults{Runner: s.runner()}
	refused := it.err
	it.err = nil
	for pauses := 0; ; pauses++ {
		out, err := outcome[ID, Pos, M]{}, refused
		if refused == nil {
			out, err = s.react(p, it)
		}
		refused = nil
		s.logPanic(p.ctx, it.stored.Kind, it.stored.Position, err)
		if err == nil {
			s.reacted(p, it, out)
			if pauses > 0 {
				s.setFailing(p, false, nil)
				s.recovered()
			}
			return nil
		}
		if p.ctx.Err() != nil {
			break
		}
		if !isStoresFault(err) {
			it.attempts++
		}
		if handlers.IsPermanent(err) || s.settings.attempts > 0 && it.attempts >= s.settings.attempts {
			return s.giveUp(p, it, max(it.attempts, 1), err)
		}
		s.runner().Fault(p.ctx, core.NextRetry, err)
		faults.Log(p.ctx, "reaction failed, will be repeated", "event", it.stored.Kind, "position", it.stored.Position, "error", err)
		s.setFailing(p, true, newFault(it, pauses+1, err))
		ended := s.settings.backoff.Wait(p.ctx, max(pauses, it.attempts-1))
		s.setFailing(p, false, p.fault)
		if ended != nil {
			break
		}
	}
	return nil //nolint:nilerr // another process, or a later session, reacts to it
}

// setFailing says whether a partition waits before another attempt, and what it tries again.
func (s *session[ID, Pos, M]) setFailing(p *partition[ID, Pos, M], failing bool, fault *Fault[Pos]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.failing, p.fault = failing, fault
}

// recovered says that work goes on after a failure, unless another partition fails.
func (s *session[ID, Pos, M]) recovered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.partitions {
		if p != nil && p.failing {
			return
		}
	}
	s.health.OK()
}

// react calls the handler of an item.
func (s *session[ID, Pos, M]) react(p *partition[ID, Pos, M], it *item[ID, Pos, M]) (out outcome[ID, Pos, M], err error) {
	if it.skip {
		return out, nil
	}
	if s.isHeld(p, it) {
		return out, s.park(p, it, ParkedEvent[Pos]{Reason: heldReason})
	}
	if !it.read {
		if it.all, err = s.readItem(it); errors.Is(err, core.ErrUnavailable) {
			return out, err // what is needed to decode it is away
		}
		if err != nil {
			return out, permanentUnlessPanic(err)
		}
		it.read = true
	}
	if it.part >= len(it.all) {
		return out, nil
	}
	return s.call(p.ctx, it.all[it.part], it.attempts+1)
}

func (s *session[ID, Pos, M]) isHeld(p *partition[ID, Pos, M], it *item[ID, Pos, M]) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.held[it.stored.Key.String()]
}

// readItem reads an event or a timer, with its history. A panic is a [core.PanicError].
func (s *session[ID, Pos, M]) readItem(it *item[ID, Pos, M]) (all []input[ID, Pos, M], err error) {
	defer handlers.Recover(&err)
	if it.timer == nil {
		return s.inputsOf(it.stored)
	}
	all, err = s.read(s.reactor.timers, it.stored)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("timer %q of %s, set with %q: %w", it.timer.Name, it.stored.Key, it.stored.Kind, core.ErrUnknownEvent)
	}
	return all, err
}

// reacted takes what a reaction led to.
func (s *session[ID, Pos, M]) reacted(p *partition[ID, Pos, M], it *item[ID, Pos, M], out outcome[ID, Pos, M]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	it.out = out
	if !it.last() && !it.followed {
		it.followed = true
		follower := &item[ID, Pos, M]{stored: it.stored, before: it.before, part: it.part + 1, all: it.all}
		follower.read, follower.skip = true, it.skip
		for i := range p.items {
			if p.items[i] == it {
				p.insert(follower, i+1)
				break
			}
		}
	}
	if out.isEmpty() && it.parked == nil && it.timer == nil {
		if it.state = done; p.items[0] == it {
			p.settle()
		}
		s.advance()
		signal(s.committer.wake) // it may wait behind outputs, or for a batch
		return
	}
	it.state = ready
	p.busy[it.stored.Key]++
	p.ready++
	signal(s.committer.wake)
}

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
