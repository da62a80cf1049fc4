package reader

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Follow yields the messages on filters from sequence from on, on every subject if
// there are none: history, then live. It does not end by itself.
//
// The first loop with filters has a consumer of its own. All others have what is live from
// one tail.
func (r *Reader) Follow(ctx context.Context, filters []string, from uint64) iter.Seq2[*wire.Message, error] {
	return func(yield func(*wire.Message, error) bool) {
		if err := r.followFrom(ctx, filters, from, yield); err != nil {
			yield(nil, err)
		}
	}
}

// maxOwn is how many loops with filters of a store have a consumer of their own while
// they follow the log. A server sends each message to each consumer by itself, so many
// of them slow down its writers: with the tail there are two.
const maxOwn = 1

func (r *Reader) followFrom(ctx context.Context, filters []string, from uint64, yield yieldMessage) error {
	if len(filters) > 0 {
		select {
		case r.own <- struct{}{}:
			defer func() { <-r.own }()
			return r.followAlone(ctx, filters, from, yield)
		default:
		}
	}
	f := &follower{Reader: r, filters: filters, next: from, yield: yield}
	return f.run(ctx)
}

func (r *Reader) followAlone(ctx context.Context, filters []string, from uint64, yield yieldMessage) error {
	p, err := r.placeToFollow(ctx)
	if err != nil {
		return err
	}
	defer p.leave()
	s := &scan{Reader: r, place: p, filters: filters, part: part{begin: from, next: from}, live: true, loop: loop{yield: yield}}
	return s.follow(ctx)
}

// placeToFollow waits for a place for as long as ctx lets it.
func (r *Reader) placeToFollow(ctx context.Context) (*place, error) {
	if err := r.conn.Usable(ctx); err != nil {
		return nil, err
	}
	if p := r.consumers.tryPlace(r.consumers.follows); p != nil {
		return p, nil
	}
	r.conn.Logger.WarnContext(ctx, "a subscription waits, for as many loops as may have consumers", "stream", r.conn.Stream, "loops", cap(r.consumers.follows))
	return r.consumers.place(ctx, r.consumers.follows)
}

func (s *scan) follow(ctx context.Context) error {
	return s.goOn(ctx, func(ctx context.Context, first bool, wait time.Duration) (moved bool, err error) {
		before := s.next
		err = s.checkLog(ctx, first, wait, s.next, s.last)
		if err == nil {
			err = s.refreshView(ctx)
		}
		if err == nil && !s.stopped {
			err = s.catchUp(ctx)
		}
		if err == nil && !s.stopped {
			err = s.readConsumer(ctx, wait)
		}
		if s.stopped {
			err = errStopped
		}
		return s.next > before, err
	})
}

// errStopped says that the body of a loop has ended it.
var errStopped = errors.New("loop was ended")

// goOn follows the log step by step, until the loop is ended, or an error is final. A
// step says whether it has yielded anything; each request of it is waited for as long as
// wait says.
func (r *Reader) goOn(ctx context.Context, step func(ctx context.Context, first bool, wait time.Duration) (moved bool, err error)) error {
	ctx, stop := r.conn.WithLife(ctx)
	defer stop()
	pause := conn.Backoff{Max: time.Second}
	for first := true; ; first = false {
		moved, err := step(ctx, first, consumerWait(pause.Pauses))
		if moved {
			pause.Pauses = 0
		}
		switch {
		case errors.Is(err, errStopped):
			return nil
		case err == nil:
			continue // it has fallen far behind
		case !isRecoverable(err):
			return r.reason(ctx, core.Final(err))
		}
		if err := r.pause(ctx, err, &pause); err != nil {
			return err
		}
	}
}

// refreshView takes what the log holds by now. A commit that is held, and is in the view with
// its end, is resolved: what follows of it is no longer held.
func (s *scan) refreshView(ctx context.Context) (err error) {
	if s.view, err = s.View(ctx); err != nil || len(s.hold.held) == 0 || s.hold.end > s.view.Head {
		return err
	}
	return s.resolveHeld(ctx)
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
