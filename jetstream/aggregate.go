package jetstream

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"
)

// scope is what is to be read of one aggregate.
type scope struct {
	filter string   // every subject of the aggregate
	kinds  []string // the subjects asked for; nil for all
	from   uint64   // the first sequence of interest
	upTo   uint64   // the last; 0 for all there are
}

// errLagging says that a replica has not come as far as the leader.
var errLagging = errors.New("replica lags behind the leader")

// readAggregate yields the messages of one aggregate in order. What does not
// add up is read again, the last time from the leader alone.
func (s *stream) readAggregate(ctx context.Context, sc scope) iter.Seq2[*message, error] {
	return func(yield func(*message, error) bool) {
		check := chain{aggregate: sc.filter, whole: sc.kinds == nil, from: sc.from}
		stopped := false
		take := func(m *message) error {
			if err := check.add(m); err != nil {
				return err
			}
			stopped = !yield(m, nil)
			return nil
		}
		pause := backoff{max: 250 * time.Millisecond}
		for try := 0; ; try++ {
			if check.last > 0 {
				sc.from = check.last + 1
			}
			read := s.readReplicas
			if try >= 2 {
				read = s.readLeader
			}
			err := read(ctx, sc, check, &stopped, take)
			if err == nil && !stopped {
				err = check.end()
			}
			if err == nil || stopped {
				return
			}
			_, broken := errors.AsType[*ChainError](err)
			if try < 2 && (broken || passes(err) || errors.Is(err, errLagging)) {
				s.cfg.Logger.WarnContext(ctx, "reading an aggregate again", "aggregate", sc.filter, "error", err)
				if err = pause.pause(ctx, s); err == nil {
					continue
				}
			}
			yield(nil, err)
			return
		}
	}
}

// readReplicas reads in two round trips. The first asks for the last message of
// each kind; the second, if the aggregate has more, for every kind by itself,
// all at once: a read by literal subject does not slow down as the stream grows,
// one by wildcard does. An aggregate with very many events is read by wildcard
// all the same, if there are few others between them.
func (s *stream) readReplicas(ctx context.Context, sc scope, check chain, stopped *bool, take func(*message) error) error {
	heads, err := s.heads(ctx, sc)
	if err != nil {
		return err
	}
	if sc.kinds == nil && complete(heads.messages, sc, check) {
		for _, m := range heads.messages {
			if err := take(m); err != nil || *stopped {
				return err
			}
		}
		return nil
	}
	cursors := make([]*cursor, len(heads.messages))
	count := firstCount(heads.messages)
	for i, m := range heads.messages {
		cursors[i] = &cursor{subject: m.subject, next: sc.from, last: m.seq, count: count}
	}
	if sc.upTo == 0 {
		// What is later may be part of a commit whose rest was not asked for.
		sc.upTo = heads.upTo
	}
	err = s.merge(ctx, cursors, sc.upTo, stopped, take)
	if !errors.Is(err, errDense) {
		return err
	}
	all := &cursor{subject: sc.filter, next: sc.from, count: firstPage}
	for _, c := range cursors {
		all.last = max(all.last, c.last)
	}
	return s.merge(ctx, []*cursor{all}, sc.upTo, stopped, func(m *message) error {
		if sc.kinds != nil && !slices.Contains(sc.kinds, m.subject) {
			return nil
		}
		return take(m)
	})
}

// complete reports whether the last message of each kind is all there is.
func complete(heads []*message, sc scope, check chain) bool {
	for _, m := range heads {
		if l, err := m.link(); err != nil || l == nil || sc.upTo > 0 && m.seq > sc.upTo || check.add(m) != nil {
			return false
		}
	}
	return check.end() == nil
}

// readLeader reads message by message from the leader alone.
func (s *stream) readLeader(ctx context.Context, sc scope, _ chain, stopped *bool, take func(*message) error) error {
	last, err := s.lastOf(ctx, sc.filter)
	if err != nil {
		return err
	}
	if sc.upTo > 0 {
		last = min(last, sc.upTo)
	}
	for next := sc.from; next <= last && !*stopped; {
		m, err := s.fromLeader(ctx, getRequest{Seq: next, NextFor: sc.filter})
		if err != nil {
			return err
		}
		if m == nil || m.seq > last {
			return nil
		}
		next = m.seq + 1
		if sc.kinds != nil && !slices.Contains(sc.kinds, m.subject) {
			continue
		}
		if err := take(m); err != nil {
			return err
		}
	}
	return nil
}

// headBytes bounds an answer about the last message of each kind.
const headBytes = 8 << 20

// heads returns the last message of each kind of the scope. On a replicated
// stream it makes sure that they are as recent as what the leader has.
func (s *stream) heads(ctx context.Context, sc scope) (*batch, error) {
	ask := sc.kinds
	if ask == nil {
		ask = []string{sc.filter}
	}
	var b *batch
	err := s.insist(ctx, func(ctx context.Context) (err error) {
		if b, err = s.askHeads(ctx, sc, ask); err != nil {
			return err
		}
		return s.moreHeads(ctx, ask, b)
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// askHeads is one attempt of heads.
func (s *stream) askHeads(ctx context.Context, sc scope, ask []string) (*batch, error) {
	a, err := s.send(s.directGet, getRequest{MultiLast: ask, Seq: sc.from, MaxBytes: headBytes})
	if err != nil {
		return nil, err
	}
	defer a.close()
	if !s.replicated.Load() {
		b, err := s.receive(ctx, a)
		if errors.Is(err, errNoResults) {
			return &batch{}, nil
		}
		return b, err
	}
	leader, err := s.send(s.leaderGet, getRequest{LastFor: sc.filter})
	if err != nil {
		return nil, err
	}
	defer leader.close()
	b, err := s.receive(ctx, a)
	if err != nil && !errors.Is(err, errNoResults) {
		return nil, err
	}
	last, leaderErr := s.fromAnswer(ctx, leader, s.cfg.AckWait)
	if leaderErr != nil {
		return nil, leaderErr
	}
	switch {
	case last == nil || last.seq < sc.from:
		return &batch{}, nil
	case err == nil && b.upTo >= max(last.seq, sc.upTo):
		return b, nil
	case err == nil || sc.kinds == nil:
		return nil, errLagging
	}
	for _, subject := range sc.kinds {
		if m, err := s.fromLeader(ctx, getRequest{LastFor: subject}); err != nil {
			return nil, err
		} else if m != nil && m.seq >= sc.from {
			return nil, errLagging
		}
	}
	return &batch{}, nil
}

// moreHeads adds to b what was too large for one answer, as it was at the time
// of that answer.
func (s *stream) moreHeads(ctx context.Context, ask []string, b *batch) error {
	for b.pending > 0 {
		if len(b.messages) == 0 {
			return errLagging
		}
		a, err := s.send(s.directGet, getRequest{
			MultiLast: ask, Seq: b.messages[len(b.messages)-1].seq + 1, UpTo: b.upTo, MaxBytes: headBytes,
		})
		if err != nil {
			return err
		}
		more, err := s.receive(ctx, a)
		a.close()
		if errors.Is(err, errNoResults) || err == nil && len(more.messages)+more.pending != b.pending {
			return errLagging // another replica answered, which has less
		}
		if err != nil {
			return err
		}
		b.messages, b.pending = append(b.messages, more.messages...), more.pending
	}
	return nil
}
