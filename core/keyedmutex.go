package core

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// keyedMutex is a mutex for each key. A repository serialises retries on one
// aggregate with it: new commands on the aggregate then wait as well.
type keyedMutex[K comparable] struct {
	mu    sync.Mutex // guards locks
	locks map[K]*keyLock
}

// keyLock is the mutex of one key, while it is held or waited for.
type keyLock struct {
	free      chan struct{} // holds one element while the lock is free
	users     int           // the holder and the goroutines that wait
	handovers atomic.Int64  // how often the lock was passed on
}

// lockTimeout is how long a holder may keep the lock before no command waits for it any
// more: a command that runs another one on the same aggregate would wait for itself.
const lockTimeout = time.Second

func newKeyedMutex[K comparable]() *keyedMutex[K] {
	return &keyedMutex[K]{locks: make(map[K]*keyLock)}
}

// held reports whether the lock of a key is held.
func (m *keyedMutex[K]) held(key K) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.locks[key] != nil
}

// lock takes the lock of a key. It returns false when one holder has had it for
// lockTimeout, and the cause of ctx when that ends first.
func (m *keyedMutex[K]) lock(ctx context.Context, key K) (bool, error) {
	m.mu.Lock()
	l := m.locks[key]
	if l == nil {
		l = &keyLock{free: make(chan struct{}, 1)}
		l.free <- struct{}{}
		m.locks[key] = l
	}
	l.users++
	m.mu.Unlock()
	locked, err := l.wait(ctx)
	if !locked {
		m.leave(key, l)
	}
	return locked, err
}

func (l *keyLock) wait(ctx context.Context) (bool, error) {
	select {
	case <-l.free:
		return true, nil
	default:
	}
	ticker := time.NewTicker(lockTimeout)
	defer ticker.Stop()
	for handovers := l.handovers.Load(); ; {
		select {
		case <-l.free:
			return true, nil
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-ticker.C:
			now := l.handovers.Load()
			if now == handovers {
				return false, nil
			}
			handovers = now
		}
	}
}

// unlock passes the lock on to a goroutine that waits.
func (m *keyedMutex[K]) unlock(key K) {
	m.mu.Lock()
	l := m.locks[key]
	m.mu.Unlock()
	l.handovers.Add(1)
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

// commandLock is the lock of a key that one command may come to hold.
type commandLock[K comparable] struct {
	mutex *keyedMutex[K]
	id    K
	held  bool
}

// acquire takes the lock, unless a holder has had it for too long.
func (l *commandLock[K]) acquire(ctx context.Context) (err error) {
	l.held, err = l.mutex.lock(ctx, l.id)
	return err
}

func (l *commandLock[K]) release() {
	if l.held {
		l.mutex.unlock(l.id)
	}
}
