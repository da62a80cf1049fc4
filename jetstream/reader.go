package jetstream

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// reader reads the stream through consumers, one after the other: a consumer
// that fails is replaced by one that begins after the last message.
type reader struct {
	s       *stream
	filters []string // none for every subject
	next    uint64   // the next sequence of interest
	head    uint64   // the last
	live    bool     // go on when nothing is pending
	stopped bool     // the loop was broken
}

// maxBehind is how far behind the end of the stream a consumer with several filters
// may be, in messages. Such a consumer is for live messages: the time that a server
// takes for history can grow with the square of its length.
const maxBehind = 1000

// catchUp yields history until the reader is near the end of the stream, if it has
// several filters.
func (r *reader) catchUp(ctx context.Context, yield func(*message, error) bool) error {
	for len(r.filters) > 1 {
		last, err := r.s.lastOf(ctx, ">")
		if err != nil || last < r.next || last-r.next < maxBehind {
			return err
		}
		for m, err := range r.s.history(ctx, r.filters, r.next, last) {
			if err != nil {
				return err
			}
			r.next = m.seq + 1
			if !yield(m, nil) {
				r.stopped = true
				return nil
			}
		}
		r.next = last + 1
	}
	return nil
}

// again waits before the next consumer.
func (r *reader) again(ctx context.Context, err error, pause *backoff) error {
	if ended := r.s.usable(ctx); ended != nil {
		return ended
	}
	if err != nil {
		r.s.cfg.Logger.WarnContext(ctx, "reading on with a new consumer", "stream", r.s.cfg.Stream, "after", r.next-1, "error", err)
	}
	return pause.pause(ctx, r.s)
}

// read yields messages through one consumer until head is passed, or the consumer
// has no more pending, or is to be replaced: it fails, or it has several filters
// and has fallen behind.
func (r *reader) read(ctx context.Context, yield func(*message, error) bool) error {
	consumer, pending, err := r.s.createConsumer(ctx, r.filters, r.next)
	if err != nil {
		return err
	}
	defer r.s.discard(ctx, consumer)
	if pending == 0 && !r.live {
		return nil
	}
	pulls, err := r.s.pulls(consumer)
	if err != nil {
		return err
	}
	defer func() { _ = pulls.close() }()
	for delivered := uint64(1); r.next <= r.head; {
		messages, err := pulls.next(ctx)
		if err != nil {
			return err
		}
		for _, m := range messages {
			more, err := r.take(m, delivered, yield)
			if err != nil || !more {
				return err
			}
			delivered++
		}
	}
	return nil
}

// take yields one message. It returns false when there is nothing more to come
// through this consumer.
func (r *reader) take(m *nats.Msg, delivered uint64, yield func(*message, error) bool) (more bool, err error) {
	d, ok := parseDelivery(m.Reply)
	if !ok || d.of != r.s.cfg.Stream {
		return false, &ReadError{Description: "message has no delivery of this stream"}
	}
	seq := d.stream
	if d.consumer != delivered || seq < r.next {
		return false, &ReadError{Description: "a message was not delivered"}
	}
	got := &message{seq: seq, subject: m.Subject, time: d.time, header: m.Header, data: m.Data}
	if len(r.filters) > 0 && !slices.ContainsFunc(r.filters, got.on) {
		return false, misfit(got)
	}
	r.next = seq + 1
	if seq > r.head {
		return false, nil
	}
	if !yield(got, nil) {
		r.stopped = true
		return false, nil
	}
	if !r.live {
		return d.pending > 0, nil
	}
	return len(r.filters) < 2 || d.pending < maxBehind, nil
}

// createConsumer creates a consumer, and returns its name and how much it has
// pending.
func (s *stream) createConsumer(ctx context.Context, filters []string, from uint64) (name string, pending uint64, err error) {
	c, err := s.js.CreateConsumer(ctx, s.cfg.Stream, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       from,
		AckPolicy:         jetstream.AckNonePolicy,
		FilterSubjects:    filters,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: scanIdle,
	})
	if err != nil {
		return "", 0, err
	}
	return c.CachedInfo().Name, c.CachedInfo().NumPending, nil
}

// discard deletes a consumer. If that fails the server does it, after scanIdle.
func (s *stream) discard(ctx context.Context, consumer string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err := s.js.DeleteConsumer(ctx, s.cfg.Stream, consumer)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		s.cfg.Logger.DebugContext(ctx, "consumer not deleted", "error", err)
	}
}
