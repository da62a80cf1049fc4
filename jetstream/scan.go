package jetstream

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
)

// scanIdle is when the server drops a consumer that was left behind.
const scanIdle = time.Minute

// maxScans is how many consumers read the history of one loop.
const maxScans = 4

// history yields the messages on filters from sequence next up to sequence head. It
// reads each of up to maxScans filters through a consumer of its own. With more
// filters it yields every message, and the caller drops what it does not want.
//
// No consumer of history has several filters: a server needs ten times as long for
// each message then, and if the subjects have several messages each, a time that
// grows with the square of the stream.
func (s *stream) history(ctx context.Context, filters []string, next, head uint64) iter.Seq2[*message, error] {
	if len(filters) == 0 || len(filters) > maxScans {
		return s.scan(ctx, "", next, head)
	}
	var scans []iter.Seq2[*message, error]
	for _, f := range filters {
		scans = append(scans, s.scan(ctx, f, next, head))
	}
	return merged(scans, func(m *message) uint64 { return m.seq })
}

// scan yields the messages on one filter, of all aggregates, from sequence next
// up to sequence head; on every subject if it is empty. It reads through a
// consumer and holds no more than what was asked for ahead.
func (s *stream) scan(ctx context.Context, filter string, next, head uint64) iter.Seq2[*message, error] {
	return func(yield func(*message, error) bool) {
		ctx, stop := s.withLife(ctx)
		defer stop()
		r := reader{s: s, next: next, head: head}
		if filter != "" {
			r.filters = []string{filter}
		}
		failed := 0
		pause := backoff{max: time.Second}
		for r.next <= r.head {
			before := r.next
			err := r.read(ctx, yield)
			if r.stopped {
				return
			}
			if r.next > before {
				failed, pause.last = 0, 0
			}
			if err == nil && filter != "" && r.next <= head {
				// What a consumer has pending is what its server knows of; only the
				// leader knows whether there is more.
				r.next, err = s.nextOf(ctx, filter, r.next, head)
			}
			if err == nil && r.next > before {
				continue
			}
			if err == nil {
				err = errLagging // the leader has more than the consumer's server
			}
			if failed++; failed > retries || !mends(err) {
				yield(nil, s.reason(ctx, err))
				return
			}
			if err := r.again(ctx, err, &pause); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// follow yields the messages on filters from sequence next on, on every subject if
// there are none, and does not end by itself.
func (s *stream) follow(ctx context.Context, filters []string, next uint64) iter.Seq2[*message, error] {
	return func(yield func(*message, error) bool) {
		ctx, stop := s.withLife(ctx)
		defer stop()
		r := reader{s: s, filters: filters, next: next, head: math.MaxUint64, live: true}
		pause := backoff{max: time.Second}
		for first := true; ; first = false {
			before := r.next
			err := s.sameStream(ctx, r.next, first)
			if err == nil {
				err = r.catchUp(ctx, yield)
			}
			if err == nil && !r.stopped {
				err = r.read(ctx, yield)
			}
			if r.stopped {
				return
			}
			if r.next > before {
				pause.last = 0
			}
			if err == nil {
				continue // the consumer has fallen behind
			}
			if !mends(err) {
				yield(nil, s.reason(ctx, err))
				return
			}
			if err := r.again(ctx, err, &pause); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// withLife returns a context that also ends when the store is closed.
func (s *stream) withLife(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.inbox.life, func() { cancel(core.ErrClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// reason returns why a read ended: that it was asked to, or else err.
func (s *stream) reason(ctx context.Context, err error) error {
	if ended := s.usable(ctx); ended != nil {
		return ended
	}
	return err
}

// mends reports whether a new consumer can go on after err.
func mends(err error) bool {
	for _, final := range []error{jetstream.ErrMaximumConsumersLimit, jetstream.ErrStreamNotFound, core.ErrBeyondEnd, errOtherStream} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// errOtherStream says that the stream was deleted and made again.
var errOtherStream = errors.New("stream is not the one that was opened")

// cutOff is longer than a leader that is cut off from the others takes itself for
// one: 10 s without a quorum, which it looks at each 10 s.
const cutOff = 30 * time.Second

// sameStream makes sure that the events from sequence next on are of this
// store: a consumer of a stream that was made anew, or that has lost its end,
// would skip without a word what comes before next.
func (s *stream) sameStream(ctx context.Context, next uint64, first bool) error {
	if !first {
		found, err := s.js.Stream(ctx, s.cfg.Stream)
		if err != nil {
			return err
		}
		if storeID(found.CachedInfo()) != s.storeID {
			return errOtherStream
		}
	}
	if next <= 1 {
		return nil
	}
	pause := backoff{max: 500 * time.Millisecond}
	begun := time.Now()
	for try := 0; ; try++ { // a leader that was deposed may not have come that far
		last, err := s.lastOf(ctx, ">")
		if err != nil || last >= next-1 {
			return err
		}
		// What a subscription that is under way has come to was in this stream.
		if try >= retries && (first || !s.replicated.Load() || time.Since(begun) > cutOff) {
			return fmt.Errorf("read from %d, stream ends at %d: %w", next, last, core.ErrBeyondEnd)
		}
		if err := pause.pause(ctx, s); err != nil {
			return err
		}
	}
}

// nextOf returns the sequence of the next message on a filter; one after head if
// there is none before.
func (s *stream) nextOf(ctx context.Context, filter string, from, head uint64) (uint64, error) {
	m, err := s.fromLeader(ctx, getRequest{Seq: from, NextFor: filter})
	switch {
	case err != nil:
		return from, err
	case m == nil:
		return head + 1, nil
	}
	return min(head+1, m.seq), nil
}
