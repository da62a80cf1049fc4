package reader

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/conn"
)

// consumers are those of one store on its stream. A goroutine keeps each of them, and
// deletes it when its loop or the store ends: also one whose loop gave up before the
// server had answered that it is there.
type consumers struct {
	conn     *conn.Conn
	loads    places          // of loops that end by themselves
	follows  places          // of subscriptions, which may be there for ever
	tail     places          // of the tail that they share, and of one that has just ended
	deleting context.Context // ends the deletions that a closed store waits for no longer
	stop     func()          // ends deleting
	keeping
}

// keeping is the goroutines that keep consumers.
type keeping struct {
	mu      sync.Mutex // guards closed, and that keepers grows before that
	closed  bool
	keepers sync.WaitGroup
}

func newConsumers(c *conn.Conn, maxLoops int) *consumers {
	deleting, stop := context.WithCancel(context.Background())
	return &consumers{conn: c, loads: make(places, maxLoops), follows: make(places, maxLoops), tail: make(places, 2), deleting: deleting, stop: stop}
}

// closeWait is how long a store that is closed waits for the server to delete its
// consumers.
const closeWait = time.Second

// close returns when no goroutine keeps a consumer. The store has ended before.
func (c *consumers) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	late := time.AfterFunc(closeWait, c.stop)
	c.keepers.Wait()
	late.Stop()
	c.stop()
}

// places holds one value for each place that is taken.
type places chan struct{}

// place lets one loop have consumers, one or several. It is free for another loop when
// the loop has left it and the last of its consumers is deleted.
type place struct {
	consumers *consumers
	of        places
	users     atomic.Int32 // the loop, and the goroutines that keep its consumers
}

// tryPlace returns a place if one is free; nil otherwise.
func (c *consumers) tryPlace(of places) *place {
	select {
	case of <- struct{}{}:
		return c.newPlace(of)
	default:
		return nil
	}
}

// place waits for a place until ctx or the store ends.
func (c *consumers) place(ctx context.Context, of places) (*place, error) {
	select {
	case <-ctx.Done():
		return nil, of.none(ctx)
	case <-c.conn.Life().Done():
		return nil, core.ErrClosed
	case of <- struct{}{}:
		return c.newPlace(of), nil
	}
}

func (c *consumers) newPlace(of places) *place {
	p := &place{consumers: c, of: of}
	p.users.Store(1)
	return p
}

func (of places) none(ctx context.Context) error {
	return fmt.Errorf("waiting while %d loops have consumers, which is the most at once: %w", cap(of), context.Cause(ctx))
}

// leave is called by each user of the place when it ends.
func (p *place) leave() {
	if p.users.Add(-1) == 0 {
		<-p.of
	}
}

// keep begins to keep a consumer of the loop at p.
func (p *place) keep(k *consumer) error {
	c := p.consumers
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return core.ErrClosed
	}
	p.users.Add(1)
	c.keepers.Go(func() {
		defer p.leave()
		k.keep(c)
	})
	return nil
}
