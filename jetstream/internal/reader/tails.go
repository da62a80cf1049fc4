package reader

import (
	"context"
	"sync"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// tails has the tail of a store, while there is a loop that uses it.
type tails struct {
	running sync.WaitGroup

	mu    sync.Mutex // guards the fields below
	tail  *tail      // nil for none
	users int
	stop  context.CancelFunc
}

// joinTail returns the tail of the store, which leave must be called for. If there is
// none, it begins with sequence next.
func (r *Reader) joinTail(next uint64) (t *tail, leave func()) {
	s := &r.tails
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tail == nil || s.tail.hasEnded() {
		r.beginTail(next)
	}
	t = s.tail
	s.users++
	return t, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.tail != t {
			return // it had ended, and there is another one
		}
		if s.users--; s.users == 0 {
			s.stop()
			s.tail = nil
		}
	}
}

func (r *Reader) beginTail(next uint64) {
	ctx, stop := context.WithCancel(r.conn.Life())
	t := newTail(next)
	r.tails.tail, r.tails.users, r.tails.stop = t, 0, stop
	r.tails.running.Go(func() {
		defer stop()
		t.fail(r.readTail(ctx, t))
	})
}

// readTail adds what is live to the tail. It always returns an error.
func (r *Reader) readTail(ctx context.Context, t *tail) error {
	p, err := r.consumers.place(ctx, r.consumers.tail)
	if err != nil {
		return err
	}
	defer p.leave()
	s := &scan{Reader: r, place: p, part: part{begin: t.from, next: t.from}, live: true, loop: loop{yield: func(m *wire.Message, _ error) bool {
		t.add(m)
		return true
	}}}
	if err := s.follow(ctx); err != nil {
		return err
	}
	return core.ErrClosed
}
