//go:build unix

package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
)

type (
	itemReactor = reactor.Reactor[string, uint64, core.NoMetadata]
	itemWorker  = reactor.Worker[string, uint64, core.NoMetadata]
)

// worker runs a reactor. It starts it again if it ends with an error, which it should
// not.
type worker struct {
	*client

	reactor string // those of one reactor on one store take turns
	line    *cluster.Line
	create  func() *itemWorker
	ended   []string // errors
	current atomic.Pointer[itemWorker]
}

func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		c := w.create()
		w.current.Store(c)
		if err := c.Run(ctx); err != nil {
			w.ended = append(w.ended, err.Error())
			sleep(ctx, 100*time.Millisecond)
		}
	}
}

// isDone reports whether the worker is the active one and has processed all
// inputs.
func (w *worker) isDone(ctx context.Context) bool {
	c := w.current.Load()
	if c == nil || c.Processed().IsZero() {
		return false
	}
	next, err := w.NextVersion(ctx, c.Processed(), filter{EventKind: placed{}.EventKind()})
	return err == nil && next.IsZero()
}

// reactorsAreDone reports whether the active worker of each reactor has processed all
// inputs.
func (r *run) reactorsAreDone(ctx context.Context) bool {
	done := make(map[string]bool)
	for _, w := range r.workers {
		done[w.reactor] = done[w.reactor] || w.isDone(ctx)
	}
	for _, d := range done {
		if !d {
			return false
		}
	}
	return true
}
