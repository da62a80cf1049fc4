package reader

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// scan reads the log through consumers, one after the other: a consumer that fails
// is replaced by one that begins after the last message.
type scan struct {
	*Reader

	place   *place   // of the loop
	filters []string // none for every subject
	part
	live    bool // go on when nothing is pending
	checked bool // what the consumer has pending was looked at
	hold    hold // of a live scan: a commit whose last message has not come
	loop
}

// part is what a scan reads of the log.
type part struct {
	begin uint64 // where it began
	next  uint64 // the next sequence of interest
	view  View   // of what a live scan reads after it, nothing is known yet
}

// loop is the caller's, over what is read.
type loop struct {
	yield   yieldMessage
	last    *wire.Message // that was yielded; nil before the first
	stopped bool          // the loop was broken
}

// maxConsumers is how many consumers one loop has at a place.
const maxConsumers = 4

// History yields the messages on filters, of all aggregates, from sequence from up
// to the end of a view. Each of up to four filters has a consumer of its own, and each of
// more if their messages are a small part of the log; else every message is read. One
// consumer never has several filters: a server takes ten times as long to find the next
// message on any of several filters as the next on one, and where their subjects have
// more than one message each, a time that grows with the square of the stream.
//
// While many other loops have consumers, it waits for a place: no longer than the
// store's timeout, if ctx has no deadline.
func (r *Reader) History(ctx context.Context, filters []string, from uint64, v View) iter.Seq2[*wire.Message, error] {
	return func(yield func(*wire.Message, error) bool) {
		p, err := r.placeForHistory(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		defer p.leave()
		for m, err := range r.history(ctx, p, filters, from, v) {
			if !yield(m, err) {
				return
			}
		}
	}
}

func (r *Reader) placeForHistory(ctx context.Context) (*place, error) {
	if err := r.conn.Usable(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := r.conn.WithTimeout(ctx)
	defer cancel()
	return r.consumers.place(ctx, r.consumers.loads)
}

// history is History of a loop that has a place.
func (r *Reader) history(ctx context.Context, p *place, filters []string, from uint64, v View) iter.Seq2[*wire.Message, error] {
	return func(yield func(*wire.Message, error) bool) {
		separate, leave := r.separate(ctx, p, filters, from, v)
		defer leave()
		var scans []iter.Seq2[*wire.Message, error]
		if !separate {
			scans = append(scans, r.scan(ctx, p, nil, from, v))
		} else {
			for _, f := range filters {
				scans = append(scans, r.scan(ctx, p, []string{f}, from, v))
			}
		}
		Merged(scans, func(m *wire.Message) uint64 { return m.Seq })(yield)
	}
}

// scan yields the messages on one filter, of all aggregates, from sequence from up
// to the end of a view; on every subject if there is no filter. It reads through a
// consumer and holds no more than what was asked for ahead.
func (r *Reader) scan(ctx context.Context, p *place, filters []string, from uint64, v View) iter.Seq2[*wire.Message, error] {
	return func(yield func(*wire.Message, error) bool) {
		s := &scan{Reader: r, place: p, filters: filters, part: part{from, from, v}, loop: loop{yield: yield}}
		if err := s.run(ctx); err != nil {
			yield(nil, err)
		}
	}
}

func (s *scan) run(ctx context.Context) error {
	ctx, stop := s.conn.WithLife(ctx)
	defer stop()
	failed := 0 // attempts in a row that yielded nothing
	moved := time.Now()
	pause := conn.Backoff{Max: time.Second}
	for s.next <= s.view.Head {
		before := s.next
		err := s.readConsumer(ctx, consumerWait(failed))
		if s.stopped {
			return nil
		}
		if s.next > before {
			failed, pause.Pauses, moved = 0, 0, time.Now()
		}
		if err == nil {
			err = s.skipToNext(ctx)
		}
		if err == nil && s.next > before {
			continue
		}
		if err == nil {
			err = conn.ErrLagging // the leader has more than the consumer's server
		}
		// A replica that lags catches up in the end, and another may be asked next time.
		lags := errors.Is(err, conn.ErrLagging) && time.Since(moved) < s.conn.Timeout
		if failed++; failed > conn.MaxRetries && !lags || !isRecoverable(err) || errors.Is(err, jetstream.ErrMaximumConsumersLimit) {
			if _, hole := s.conn.State(ctx); hole != nil {
				err = hole
			}
			return s.reason(ctx, err)
		}
		if err := s.pause(ctx, err, &pause); err != nil {
			return err
		}
	}
	return s.reason(ctx, s.compareLast(ctx))
}

// skipToNext moves on to the next message that the leader has on the filter.
// What a consumer has pending is what its server knows of; only the leader knows
// whether there is more.
func (s *scan) skipToNext(ctx context.Context) error {
	if len(s.filters) == 0 || s.next > s.view.Head {
		return nil
	}
	m, err := s.conn.Message(ctx, wire.GetRequest{Seq: s.next, NextFor: s.filters[0]})
	switch {
	case err != nil:
		return err
	case m == nil:
		s.next = s.view.Head + 1
	default:
		s.next = min(s.view.Head+1, m.Seq)
	}
	return nil
}

// logEvery is how many failures in a row have one line in the log. A try takes up to four
// seconds, and the pause after it up to one.
const logEvery = 15

// pause waits before the next consumer.
func (r *Reader) pause(ctx context.Context, err error, pause *conn.Backoff) error {
	if ended := r.conn.Usable(ctx); ended != nil {
		return ended
	}
	if err != nil && pause.Pauses%logEvery == 0 {
		r.conn.Logger.WarnContext(ctx, "reading on with a new consumer", "stream", r.conn.Stream, "error", err)
	}
	return r.conn.Pause(ctx, pause)
}
