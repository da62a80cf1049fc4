package reactor

import (
	"time"
)

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
