package reader

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// readConsumer yields messages through one consumer until head is passed, or the
// consumer has no more pending, or is to be replaced: it fails, the server may have
// dropped it, or it has several filters and has fallen behind. It waits for the answer
// to a request for the given time.
func (s *scan) readConsumer(ctx context.Context, wait time.Duration) error {
	consumer, pending, err := s.place.create(ctx, s.consumerConfig(), s.whole(), wait)
	if err != nil {
		return err
	}
	defer consumer.end()
	if pending == 0 && !s.live {
		return nil
	}
	if s.live {
		// The stream may have been made anew, or the log may have lost its end, before the
		// consumer was created on it.
		if err := s.isSame(ctx, wait); err != nil {
			return err
		}
	}
	pulls, err := s.newPulls(consumer.config.Name)
	if err != nil {
		return err
	}
	defer func() { _ = pulls.close() }()
	s.checked = false
	for delivered := uint64(1); s.live || s.next <= s.view.Head; {
		messages, err := pulls.next(ctx)
		if err != nil {
			return err
		}
		for _, m := range messages {
			more, err := s.deliver(ctx, m, delivered)
			if err != nil || !more {
				return err
			}
			delivered++
		}
		if s.last != nil {
			s.conn.Saw(s.last.Seq, s.last.CommitID())
		}
		if err := s.resolve(ctx); err != nil || s.stopped {
			return err
		}
		if pulls.outlived() {
			return nil
		}
	}
	return nil
}

// deliver yields one message, the given one that the consumer has delivered. It
// returns false when nothing more comes through this consumer.
func (s *scan) deliver(ctx context.Context, m *nats.Msg, delivered uint64) (more bool, err error) {
	d, ok := wire.ParseDelivery(m.Reply)
	if !ok || d.Stream != s.conn.Stream {
		return false, &wire.ReadError{Description: "message has no delivery of this stream"}
	}
	if d.Consumer != delivered || d.Sequence < s.next {
		return false, &wire.ReadError{Description: "a message was not delivered"}
	}
	got := d.Message(m)
	if len(s.filters) > 0 && !slices.ContainsFunc(s.filters, got.On) {
		return false, wire.UnexpectedResponse(got)
	}
	for s.conn.Lost[s.next] {
		s.next++
	}
	if len(s.filters) == 0 && d.Sequence > s.next {
		return false, s.missing(ctx, d.Sequence)
	}
	if err := s.checkPending(ctx, d); err != nil {
		return false, err
	}
	if !s.live && d.Sequence > s.view.Head {
		s.next = d.Sequence + 1
		return false, nil
	}
	if err := s.emit(ctx, got); err != nil || s.stopped {
		return false, err
	}
	s.next = d.Sequence + 1
	if !s.live {
		return d.Pending > 0, nil
	}
	return len(s.filters) < 2 || d.Pending < maxBehind, nil
}

// checkPending looks, once for each consumer, at how much is pending at the end of the
// view. A message that the server cannot read is left out without a word, and stays
// pending: more than what the log holds behind the view.
func (s *scan) checkPending(ctx context.Context, d wire.Delivery) error {
	if s.checked || d.Sequence < s.view.Head || len(s.filters) != 1 {
		return nil
	}
	s.checked = true
	left := d.Pending
	if d.Sequence > s.view.Head {
		left++ // the message itself
	}
	if left == 0 {
		return nil
	}
	state, err := s.conn.State(ctx)
	if err != nil || left <= state.Last-min(s.view.Head, state.Last) {
		return err
	}
	for _, err := range s.scan(ctx, s.place, nil, s.begin, View{Head: s.view.Head}) { // it names the lost ones
		if err != nil {
			return err
		}
	}
	return &wire.ReadError{Description: fmt.Sprintf("a message before %d was not delivered", d.Sequence)}
}

// missing is the error of messages that were not delivered, up to one that was. If the
// leader does not have them either, they are lost.
func (s *scan) missing(ctx context.Context, until uint64) error {
	e := &wire.HoleError{Stream: s.conn.Stream, Count: until - s.next}
	for seq := s.next; seq < until && len(e.Positions) < wire.MaxNamed; seq++ {
		m, err := s.conn.Message(ctx, wire.GetRequest{Seq: seq})
		if err != nil || m != nil {
			return &wire.ReadError{Description: fmt.Sprintf("messages %d to %d were not delivered", s.next, until-1)}
		}
		e.Positions = append(e.Positions, seq)
	}
	return e
}

// consumerConfig is of a consumer that begins at the next sequence.
func (s *scan) consumerConfig() jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       s.next,
		AckPolicy:         jetstream.AckNonePolicy,
		FilterSubjects:    s.filters,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: consumerIdle,
	}
}

// consumerWait is how long to wait for the answer to a request about a consumer or
// the stream, after so many failures in a row.
func consumerWait(failures int) time.Duration { return 2 * time.Second << min(failures, 1) }
