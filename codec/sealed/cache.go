package sealed

import (
	"container/list"
	"sync"
	"time"
)

// keyCache keeps the keys that were used last, each no longer than an age.
type keyCache struct {
	size int
	age  time.Duration

	mu        sync.Mutex // guards the fields below
	order     *list.List // of *cachedKey, the one used last at the front
	bySubject map[string]*list.Element
}

// cachedKey is a key; nil for a subject that was forgotten, which stays so.
type cachedKey struct {
	subject string
	key     *dataKey
	until   time.Time
}

func newCache(size int, age time.Duration) *keyCache {
	return &keyCache{size: size, age: age, order: list.New(), bySubject: make(map[string]*list.Element)}
}

// get returns the key of a subject, or [ErrForgotten]; false if the key store is to be
// asked.
func (c *keyCache) get(subject string) (key *dataKey, err error, ok bool) { //nolint:revive // err is no failure of get
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.bySubject[subject]
	if !ok {
		return nil, nil, false
	}
	k := e.Value.(*cachedKey)
	if k.key != nil && !time.Now().Before(k.until) {
		c.order.Remove(e)
		delete(c.bySubject, subject)
		return nil, nil, false
	}
	c.order.MoveToFront(e)
	if k.key == nil {
		return nil, ErrForgotten, true
	}
	return k.key, nil, true
}

// put keeps what the key store was asked for at a time. Of two answers that a subject was
// forgotten wins.
func (c *keyCache) put(subject string, key *dataKey, asked time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := &cachedKey{subject, key, asked.Add(c.age)}
	if e, ok := c.bySubject[subject]; ok {
		if e.Value.(*cachedKey).key != nil {
			e.Value = next
		}
		c.order.MoveToFront(e)
		return
	}
	c.bySubject[subject] = c.order.PushFront(next)
	if c.order.Len() > c.size {
		last := c.order.Remove(c.order.Back()).(*cachedKey)
		delete(c.bySubject, last.subject)
	}
}
