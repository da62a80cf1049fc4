package readmodel

import (
	"context"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
)

// maxQueued is how many bytes of events are read ahead of a batch.
const maxQueued = 8 << 20

// queue holds the events that were read and not applied yet, up to a number and to
// maxQueued bytes.
type queue[ID, Pos comparable, M any] struct {
	limit int

	mu     sync.Mutex // guards the fields below
	events []core.StoredEvent[ID, Pos, M]
	bytes  int
	err    error // why there are no more events, if there is a reason
	ended  bool

	added chan struct{} // has an element after an addition
	taken chan struct{} // has an element after a removal
}

func newQueue[ID, Pos comparable, M any](limit int) *queue[ID, Pos, M] {
	return &queue[ID, Pos, M]{limit: limit, added: make(chan struct{}, 1), taken: make(chan struct{}, 1)}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// put adds an event, when there is room. It returns false if ctx ends before.
func (q *queue[ID, Pos, M]) put(ctx context.Context, e core.StoredEvent[ID, Pos, M]) bool {
	for {
		q.mu.Lock()
		if !q.full() {
			q.events = append(q.events, e)
			q.bytes += len(e.Data)
			q.mu.Unlock()
			signal(q.added)
			return true
		}
		q.mu.Unlock()
		select {
		case <-q.taken:
		case <-ctx.Done():
			return false
		}
	}
}

func (q *queue[ID, Pos, M]) full() bool { return len(q.events) >= q.limit || q.bytes >= maxQueued }

// end says that there are no more events.
func (q *queue[ID, Pos, M]) end(err error) {
	q.mu.Lock()
	q.err, q.ended = err, true
	q.mu.Unlock()
	signal(q.added)
}

// ready reports whether take would return events or an end, and whether it would be
// no more for waiting.
func (q *queue[ID, Pos, M]) ready() (some, most bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.events) > 0 || q.ended, q.full() || q.ended
}

// take returns all events, and the end once there are none.
func (q *queue[ID, Pos, M]) take() (events []core.StoredEvent[ID, Pos, M], ended bool, err error) {
	q.mu.Lock()
	events, q.events, q.bytes = q.events, nil, 0
	ended, err = q.ended && len(events) == 0, q.err
	q.mu.Unlock()
	signal(q.taken)
	return events, ended, err
}

// wait waits for events: for the first of them until idle has passed, then for a full
// queue until fill has. It returns false after idle, or when ctx ends.
func (q *queue[ID, Pos, M]) wait(ctx context.Context, idle, fill time.Duration) bool {
	timer := time.NewTimer(idle)
	defer timer.Stop()
	filling := false
	for {
		some, most := q.ready()
		if most || some && fill == 0 {
			return true
		}
		if some && !filling {
			timer.Reset(fill)
			filling = true
		}
		select {
		case <-q.added:
		case <-timer.C:
			return filling
		case <-ctx.Done():
			return false
		}
	}
}
