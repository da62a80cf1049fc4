package reactor

import (
	"errors"
	"fmt"

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
	switch {
	case it.timer != nil:
		return s.callAll(p.ctx, it.all, it.attempts+1)
	case it.part >= len(it.all):
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
