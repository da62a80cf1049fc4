package reader

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Follow yields the messages on filters from sequence from on, on every subject if
// there are none: history, then live. It does not end by itself.
func (r *Reader) Follow(ctx context.Context, filters []string, from uint64) iter.Seq2[*wire.Message, error] {
	return func(yield func(*wire.Message, error) bool) {
		s := &scan{Reader: r, filters: filters, next: from, begin: from, live: true, yield: yield}
		err := s.waitForPlace(ctx)
		if err == nil {
			defer s.place.leave()
			err = s.follow(ctx)
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// waitForPlace waits for a place for as long as ctx lets it.
func (s *scan) waitForPlace(ctx context.Context) (err error) {
	if err := s.conn.Usable(ctx); err != nil {
		return err
	}
	if s.place = s.consumers.tryPlace(s.consumers.follows); s.place != nil {
		return nil
	}
	s.conn.Logger.WarnContext(ctx, "a subscription waits, for as many loops as may have consumers", "stream", s.conn.Stream, "loops", cap(s.consumers.follows))
	s.place, err = s.consumers.place(ctx, s.consumers.follows)
	return err
}

func (s *scan) follow(ctx context.Context) error {
	ctx, stop := s.conn.WithLife(ctx)
	defer stop()
	pause := conn.Backoff{Max: time.Second}
	for first := true; ; first = false {
		before := s.next
		err := s.checkLog(ctx, first, consumerWait(pause.Pauses))
		if err == nil {
			err = s.look(ctx)
		}
		if err == nil && !s.stopped {
			err = s.catchUp(ctx)
		}
		if err == nil && !s.stopped {
			err = s.readConsumer(ctx, consumerWait(pause.Pauses))
		}
		if s.stopped {
			return nil
		}
		if s.next > before {
			pause.Pauses = 0
		}
		if err == nil {
			continue // it has fallen far behind
		}
		if !isRecoverable(err) {
			return s.reason(ctx, core.Final(err))
		}
		if err := s.pause(ctx, err, &pause); err != nil {
			return err
		}
	}
}

// look takes what the log holds by now. A commit that is held, and is in the view with
// its end, is settled: what follows of it is no longer held.
func (s *scan) look(ctx context.Context) (err error) {
	if s.view, err = s.View(ctx); err != nil || len(s.hold.held) == 0 || s.hold.end > s.view.Head {
		return err
	}
	return s.settleHeld(ctx)
}

// maxBehind is how far behind the end of the log a consumer with several filters may
// be, in messages. Such a consumer is for live messages: the time that a server
// takes for history can grow with the square of its length.
const maxBehind = 1000

// catchUp yields history until the processed position is near the end of the log, if
// there are several filters.
func (s *scan) catchUp(ctx context.Context) error {
	for len(s.filters) > 1 {
		last := s.view.Head
		if last < s.next || last-s.next < maxBehind {
			return nil
		}
		for m, err := range s.history(ctx, s.place, s.filters, s.next, s.view) {
			if err != nil {
				return err
			}
			s.next = m.Seq + 1
			if s.yieldOne(m); s.stopped {
				return nil
			}
		}
		s.next = last + 1
		var err error
		if s.view, err = s.View(ctx); err != nil {
			return err
		}
	}
	return nil
}

// isRecoverable reports whether a new consumer can go on after err.
func isRecoverable(err error) bool {
	if _, hole := errors.AsType[*wire.HoleError](err); hole {
		return false
	}
	if _, lost := errors.AsType[*wire.LostEndError](err); lost {
		return false
	}
	for _, final := range []error{jetstream.ErrStreamNotFound, core.ErrBeyondEnd, ErrOtherStream} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// checkLog makes sure, before a consumer is created, that the messages from the
// next one on are of this store: a consumer of a stream that was made anew, or that
// lost its end, would silently skip what comes before the next message.
func (s *scan) checkLog(ctx context.Context, first bool, wait time.Duration) error {
	if first {
		return s.CheckEnd(ctx, s.next)
	}
	bounded, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if err := s.checkStream(bounded); err != nil {
		return err
	}
	return s.checkLast(ctx)
}

// checkLast makes sure that the log still holds the last message that was yielded.
func (s *scan) checkLast(ctx context.Context) error {
	if s.last != nil {
		s.conn.Saw(s.last.Seq, s.last.CommitID())
	}
	return s.conn.CheckSeen(ctx)
}

// CheckEnd returns [core.ErrBeyondEnd] if the log ends before the message at next-1.
// A leader that was deposed may not have come that far, so it is asked several times.
func (r *Reader) CheckEnd(ctx context.Context, next uint64) error {
	if next <= 1 {
		return nil
	}
	pause := conn.Backoff{Max: 500 * time.Millisecond}
	for attempt := 0; ; attempt++ {
		last, err := r.conn.LastSequence(ctx, ">")
		if err != nil || last >= next-1 {
			return err
		}
		if attempt >= conn.MaxRetries {
			return fmt.Errorf("read from %d, stream ends at %d: %w", next, last, core.ErrBeyondEnd)
		}
		if err := r.conn.Pause(ctx, &pause); err != nil {
			return err
		}
	}
}
