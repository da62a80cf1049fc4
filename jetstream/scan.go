package jetstream

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
)

const (
	scanHeartbeat = 500 * time.Millisecond
	scanMessages  = 1000 // asked for ahead
	scanBytes     = 8 << 20
	scanIdle      = time.Minute // after which the server drops a consumer that was left behind
)

// scan yields the messages on filters, of all aggregates, from sequence next up
// to sequence head; on every subject if there are no filters. It reads through a
// consumer and holds no more than what was asked for ahead.
func (s *stream) scan(ctx context.Context, filters []string, next, head uint64) iter.Seq2[*message, error] {
	return func(yield func(*message, error) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer context.AfterFunc(s.inbox.life, func() { cancel(core.ErrClosed) })()

		pause := backoff{max: time.Second}
		failed := 0
		for next <= head {
			before := next
			stopped, err := s.consume(ctx, &filters, &next, head, yield)
			if stopped {
				return
			}
			if next > before {
				failed, pause.last = 0, 0
			}
			if err == nil && len(filters) > 0 && next <= head {
				// What a consumer has pending is what its server knows of; only the
				// leader knows whether there is more.
				next, err = s.nextOf(ctx, filters, next, head)
			}
			if err == nil {
				continue
			}
			if ended := s.usable(ctx); ended != nil {
				err = ended
			} else if failed++; failed <= retries && !errors.Is(err, jetstream.ErrMaximumConsumersLimit) {
				s.cfg.Logger.WarnContext(ctx, "reading on with a new consumer", "after", next-1, "error", err)
				if err = pause.pause(ctx, s); err == nil {
					continue
				}
			}
			yield(nil, err)
			return
		}
	}
}

// nextOf returns the sequence of the next message on any of the filters; one
// after head if there is none before.
func (s *stream) nextOf(ctx context.Context, filters []string, from, head uint64) (uint64, error) {
	next := head + 1
	for _, f := range filters {
		m, err := s.fromLeader(ctx, getRequest{Seq: from, NextFor: f})
		if err != nil {
			return from, err
		}
		if m != nil {
			next = min(next, m.seq)
		}
	}
	return next, nil
}

// consume yields messages through one consumer until head is passed, or the
// consumer has no more pending, or it fails. It moves next past what was
// yielded. It clears filters where reading everything is faster.
func (s *stream) consume(ctx context.Context, filters *[]string, next *uint64, head uint64, yield func(*message, error) bool) (stopped bool, err error) {
	consumer, err := s.consumer(ctx, *filters, *next)
	if err != nil {
		return false, err
	}
	defer func() { s.discard(ctx, consumer) }()
	pending := consumer.CachedInfo().NumPending
	if len(*filters) > 0 && pending > 1000 && pending > (head-*next)/4 {
		s.discard(ctx, consumer)
		*filters = nil
		if consumer, err = s.consumer(ctx, nil, *next); err != nil {
			return false, err
		}
		pending = consumer.CachedInfo().NumPending
	}
	if pending == 0 {
		return false, nil
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessagesWithBytesLimit(scanMessages, scanBytes),
		jetstream.PullHeartbeat(scanHeartbeat), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return false, err
	}
	defer messages.Stop()
	for delivered := uint64(1); *next <= head; delivered++ {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return false, err
		}
		meta, err := m.Metadata()
		if err != nil {
			return false, &ReadError{Description: err.Error()}
		}
		if meta.Sequence.Consumer != delivered {
			return false, &ReadError{Description: "a message was not delivered"}
		}
		if meta.Sequence.Stream > head {
			*next = head + 1
			return false, nil
		}
		*next = meta.Sequence.Stream + 1
		if !yield(&message{seq: meta.Sequence.Stream, subject: m.Subject(), time: meta.Timestamp.UTC(), header: m.Headers(), data: m.Data()}, nil) {
			return true, nil
		}
		if meta.NumPending == 0 {
			return false, nil
		}
	}
	return false, nil
}

func (s *stream) consumer(ctx context.Context, filters []string, from uint64) (jetstream.Consumer, error) {
	return s.js.CreateConsumer(ctx, s.cfg.Stream, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       from,
		AckPolicy:         jetstream.AckNonePolicy,
		FilterSubjects:    filters,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: scanIdle,
	})
}

// discard deletes a consumer. If that fails the server does it, after scanIdle.
func (s *stream) discard(ctx context.Context, consumer jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err := s.js.DeleteConsumer(ctx, s.cfg.Stream, consumer.CachedInfo().Name)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		s.cfg.Logger.DebugContext(ctx, "consumer not deleted", "error", err)
	}
}
