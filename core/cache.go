package core

import (
	"container/list"
	"context"
	"log/slog"
	"slices"
	"sync"
)

// Cache says what a repository keeps in memory: see [Repository.WithCache].
type Cache[A any] struct {
	// Size is how many aggregates are kept, those that were used last.
	Size int
	// Copy returns a copy of a state that shares nothing with it that can change.
	// Nil means the state's own method Clone() A. Package codec makes one of any
	// codec, for a state that has none.
	Copy func(A) (A, error)
}

// cache keeps aggregates as they were read or committed. It never changes their
// states, and hands out copies only. A nil cache keeps nothing.
type cache[A any, ID, Pos comparable] struct {
	size int
	copy func(A) (A, error)
	log  func() *slog.Logger

	refused refusals[ID]

	mu    sync.Mutex // guards the fields below
	order *list.List // of *cached, the one used last at the front
	byID  map[ID]*list.Element
}

// cached is an aggregate in a cache.
type cached[A any, ID, Pos comparable] struct {
	id ID
	loaded[A, Pos]
}

// newCache panics for a Size that is not positive, and for a state that cannot be
// copied.
func newCache[A any, ID, Pos comparable](kind string, c Cache[A], log func() *slog.Logger) *cache[A, ID, Pos] {
	if c.Size <= 0 {
		panic("core: cache of " + kind + ": Size is not positive")
	}
	if c.Copy == nil {
		var state A
		if _, ok := any(&state).(interface{ Clone() A }); !ok {
			panic("core: cache of " + kind + ": the state has no method Clone, and Copy is nil")
		}
		c.Copy = func(state A) (A, error) { return any(&state).(interface{ Clone() A }).Clone(), nil }
	}
	return &cache[A, ID, Pos]{size: c.Size, copy: c.Copy, log: log, order: list.New(), byID: make(map[ID]*list.Element)}
}

// get returns a copy of a kept aggregate; false if it is not kept.
func (c *cache[A, ID, Pos]) get(ctx context.Context, id ID) (loaded[A, Pos], bool) {
	var none loaded[A, Pos]
	if c == nil {
		return none, false
	}
	c.mu.Lock()
	e, ok := c.byID[id]
	if !ok {
		c.mu.Unlock()
		return none, false
	}
	c.order.MoveToFront(e)
	kept := e.Value.(*cached[A, ID, Pos]).loaded
	c.mu.Unlock()
	return c.clone(ctx, id, kept)
}

// clone returns a copy that shares nothing with l that can change.
func (c *cache[A, ID, Pos]) clone(ctx context.Context, id ID, l loaded[A, Pos]) (loaded[A, Pos], bool) {
	if !c.refused.allows(id, l.since) {
		return loaded[A, Pos]{}, false
	}
	state, err := c.copy(l.state)
	if err != nil {
		if c.refused.add(id, l.since, err) {
			c.log().WarnContext(ctx, "state not cached", "id", id, "error", err)
		}
		c.drop(id)
		return loaded[A, Pos]{}, false
	}
	l.state, l.commands = state, slices.Clone(l.commands)
	return l, true
}

// put keeps a copy of an aggregate that has events.
func (c *cache[A, ID, Pos]) put(ctx context.Context, id ID, l loaded[A, Pos]) {
	if c == nil || l.version.IsZero() {
		return
	}
	if kept, ok := c.clone(ctx, id, l); ok {
		c.keep(id, kept)
	}
}

// keep keeps l, which the cache owns from here on. It may be older than the kept
// aggregate: a commit on it is then refused, and the aggregate is read again.
func (c *cache[A, ID, Pos]) keep(id ID, l loaded[A, Pos]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byID[id]; ok {
		e.Value = &cached[A, ID, Pos]{id, l}
		c.order.MoveToFront(e)
		return
	}
	c.byID[id] = c.order.PushFront(&cached[A, ID, Pos]{id, l})
	if c.order.Len() > c.size {
		last := c.order.Remove(c.order.Back()).(*cached[A, ID, Pos])
		delete(c.byID, last.id)
	}
}

// drop forgets an aggregate.
func (c *cache[A, ID, Pos]) drop(id ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byID[id]; ok {
		c.order.Remove(e)
		delete(c.byID, id)
	}
}
