package reader

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// follower is a loop that follows the log: history by consumers of its own, and what is
// live by the tail that the loops of a store share.
type follower struct {
	*Reader

	filters []string // none for every subject
	next    uint64   // the next sequence of interest
	last    *wire.Message
	yield   yieldMessage
	stopped bool // the loop was broken
}

func (f *follower) run(ctx context.Context) error {
	if err := f.conn.Usable(ctx); err != nil {
		return err
	}
	return f.goOn(ctx, func(ctx context.Context, first bool, wait time.Duration) (moved bool, err error) {
		before := f.next
		err = f.checkLog(ctx, first, wait, f.next, f.last)
		if err == nil {
			err = f.catchUp(ctx)
		}
		if err == nil && !f.stopped {
			err = f.live(ctx)
		}
		if f.stopped {
			err = errStopped
		}
		return f.next > before, err
	})
}

// catchUp yields what the log holds by now.
func (f *follower) catchUp(ctx context.Context) error {
	v, err := f.View(ctx)
	if err != nil || f.next > v.Head {
		return err
	}
	p, err := f.placeToFollow(ctx)
	if err != nil {
		return err
	}
	defer p.leave()
	for m, err := range f.history(ctx, p, f.filters, f.next, v) {
		if err != nil {
			return err
		}
		if f.deliver(m); f.stopped {
			return nil
		}
	}
	f.next = v.Head + 1
	return nil
}

// live yields what is live. It returns nil when the tail has gone on, as after a slow
// body of the loop.
func (f *follower) live(ctx context.Context) error {
	if f.last != nil {
		f.conn.Saw(f.last.Seq, f.last.CommitID()) // the tail makes sure that the log still holds it
	}
	t, leave := f.joinTail(f.next)
	defer leave()
	for {
		messages, next, err := t.read(ctx, f.next, f.filters)
		f.next = next
		if errors.Is(err, errBehind) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, m := range messages {
			own := *m // others have the same
			own.Data = bytes.Clone(m.Data)
			if f.deliver(&own); f.stopped {
				return nil
			}
		}
	}
}

func (f *follower) deliver(m *wire.Message) {
	f.next, f.last = m.Seq+1, m
	f.stopped = !f.yield(m, nil)
}
