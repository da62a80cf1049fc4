//go:build unix

package main

import (
	"context"
	"sync"
	"time"
)

// group is goroutines that are ended together.
type group struct {
	ctx    context.Context
	cancel context.CancelFunc
	all    sync.WaitGroup
}

func newGroup(ctx context.Context) *group {
	g := &group{}
	g.ctx, g.cancel = context.WithCancel(ctx)
	return g
}

// run starts a goroutine. Its context ends with the group.
func (g *group) run(f func(context.Context)) { g.all.Go(func() { f(g.ctx) }) }

// end cancels the goroutines and returns when they have ended. It may be called
// again.
func (g *group) end() {
	g.cancel()
	g.all.Wait()
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// await waits until a condition holds. It returns false if timeout or ctx ends
// first.
func await(ctx context.Context, timeout time.Duration, condition func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for !condition() {
		if sleep(ctx, 20*time.Millisecond); ctx.Err() != nil {
			return false
		}
	}
	return true
}
