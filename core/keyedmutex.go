package core

import (
	"context"
	"sync"
)

// keyedMutex is a mutex for each key. A repository serialises retries on one
// aggregate with it: new commands on the aggregate then wait as well.
type keyedMutex[K comparable] struct {
	mu    sync.Mutex // guards locks
	locks map[K]*keyLock
}

// keyLock is the mutex of one key, while it is held or waited for.
type keyLock struct {
	free  chan struct{} // holds one element while the lock is free
	users int           // the holder and the goroutines that wait
}

func newKeyedMutex[K comparable]() *keyedMutex[K] {
	return &keyedMutex[K]{locks: make(map[K]*keyLock)}
}

// held reports whether the lock of a key is held.
func (m *keyedMutex[K]) held(key K) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.locks[key] != nil
}

// lock takes the lock of a key, or returns the cause of ctx when that ends first.
func (m *keyedMutex[K]) lock(ctx context.Context, key K) error {
	m.mu.Lock()
	l := m.locks[key]
	if l == nil {
		l = &keyLock{free: make(chan struct{}, 1)}
		l.free <- struct{}{}
		m.locks[key] = l
	}
	l.users++
	m.mu.Unlock()
	select {
	case <-l.free:
		return nil
	case <-ctx.Done():
		m.leave(key, l)
		return context.Cause(ctx)
	}
}

// unlock passes the lock on to a goroutine that waits.
func (m *keyedMutex[K]) unlock(key K) {
	m.mu.Lock()
	l := m.locks[key]
	m.mu.Unlock()
	l.free <- struct{}{}
	m.leave(key, l)
}

func (m *keyedMutex[K]) leave(key K, l *keyLock) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(m.locks, key)
	}
}
