package main

import (
	"context"
	"sync"
)

// group is goroutines that end together.
type group struct {
	ctx  context.Context
	stop context.CancelFunc
	all  sync.WaitGroup
}

func newGroup(ctx context.Context) *group {
	g := &group{}
	g.ctx, g.stop = context.WithCancel(ctx)
	return g
}

// run runs f with a context that ends with the group.
func (g *group) run(f func(context.Context)) { g.all.Go(func() { f(g.ctx) }) }

// end ends the goroutines, and returns when they have.
func (g *group) end() {
	g.stop()
	g.all.Wait()
}
