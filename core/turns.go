package core

import (
	"context"
	"sync"
)

// turns lets those who retry on one aggregate do so one after the other, and those
// who come meanwhile after them.
type turns[ID comparable] struct {
	mu    sync.Mutex // guards what follows
	taken map[ID]*turn
}

// turn is who has an aggregate's turn, and who waits for it.
type turn struct {
	free chan struct{} // holds something while nobody has the turn
	want int           // those who have it or wait
}

// wanted reports whether somebody has the turn of an aggregate.
func (t *turns[ID]) wanted(id ID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.taken[id] != nil
}

// take waits for the turn of an aggregate, or for the end of ctx.
func (t *turns[ID]) take(ctx context.Context, id ID) error {
	t.mu.Lock()
	own := t.taken[id]
	if own == nil {
		own = &turn{free: make(chan struct{}, 1)}
		own.free <- struct{}{}
		t.taken[id] = own
	}
	own.want++
	t.mu.Unlock()
	select {
	case <-own.free:
		return nil
	case <-ctx.Done():
		t.leave(id, own)
		return context.Cause(ctx)
	}
}

// give gives the turn to the next.
func (t *turns[ID]) give(id ID) {
	t.mu.Lock()
	own := t.taken[id]
	t.mu.Unlock()
	own.free <- struct{}{}
	t.leave(id, own)
}

func (t *turns[ID]) leave(id ID, own *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own.want--; own.want == 0 {
		delete(t.taken, id)
	}
}
