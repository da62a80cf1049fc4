package reactor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/progress"
)

// session is a worker at work: one goroutine dispatches the events of a subscription to the
// queues of the partitions that this process has, one goroutine for each of these reacts, one
// records what they lead to, and one sees to it which partitions there are.
type session[ID, Pos comparable, M any] struct {
	*Worker[ID, Pos, M]
	agreed[Pos]
	replays chan struct{} // has a value if replays are asked for
	tasks   tasks
	crew    crew[Pos]

	dispatcher dispatcher[Pos]
	committer  committer
	ownership[ID, Pos, M]
}

// agreed is what holds for all workers of the reactor, as it was when the session began.
type agreed[Pos comparable] struct {
	layout  layout[Pos]
	control control[Pos]
}

// ownership is which partitions the session has, and how far the others are.
type ownership[ID, Pos comparable, M any] struct {
	mu         sync.Mutex                       // guards the partitions and the dispatcher
	partitions []*partition[ID, Pos, M]         // by number; nil where another process has it
	others     func() (core.Version[Pos], bool) // up to where the other processes have come; nil for none
}

func newSession[ID, Pos comparable, M any](w *Worker[ID, Pos, M], l layout[Pos], c control[Pos]) *session[ID, Pos, M] {
	s := &session[ID, Pos, M]{Worker: w, agreed: agreed[Pos]{l, c}}
	s.partitions = make([]*partition[ID, Pos, M], l.Partitions)
	s.dispatcher.restart = func() {}
	s.dispatcher.wake = make(chan struct{}, 1)
	s.committer.wake = make(chan struct{}, 1)
	s.committer.limit = maxBatch
	s.crew.wake = make(chan struct{}, 1)
	s.crew.id, s.crew.seen = newMember(), make(sightings)
	s.replays = make(chan struct{}, 1)
	return s
}

// run works until ctx ends, something fails for good, or the control changes.
func (s *session[ID, Pos, M]) run(outer context.Context) error {
	ctx, fail := context.WithCancelCause(outer)
	defer fail(nil)
	s.tasks.fail = fail
	recording, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var recorder tasks
	recorder.fail = fail
	recorder.run(func() error { return s.record(recording) })
	s.tasks.run(func() error { return s.dispatch(ctx) })
	s.tasks.run(func() error { return s.watchControl(ctx, s.control, func() { signal(s.replays) }) })
	s.tasks.run(func() error { return s.replayAsked(ctx) })
	s.tasks.run(func() error { return s.manage(ctx) })
	<-ctx.Done()
	s.tasks.wg.Wait() // reactions that have begun are finished
	err := context.Cause(ctx)
	if !errors.Is(err, progress.ErrUnwound) {
		s.finish(ctx)
	}
	end()
	recorder.wg.Wait()
	if !errors.Is(err, progress.ErrUnwound) {
		s.leave(ctx)
	}
	if outer.Err() != nil {
		return nil
	}
	return err
}

// finishTime bounds what is recorded after a session has ended. What is not is reacted to
// again.
const finishTime = 5 * time.Second

// finish waits until what was reacted to is recorded.
func (s *session[ID, Pos, M]) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	s.mu.Lock()
	idle := s.committer.finishing()
	if !s.unrecorded() && !s.committer.busy {
		s.committer.isIdle()
	}
	s.mu.Unlock()
	signal(s.committer.wake)
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

// unrecorded reports whether outputs wait to be recorded. The caller holds the lock.
func (s *session[ID, Pos, M]) unrecorded() bool {
	for _, p := range s.partitions {
		if p != nil && !p.fenced && len(p.items) > 0 && p.taken > 0 && (p.items[0].state == ready || p.items[0].state == done) {
			return true
		}
	}
	return false
}

// advance tells of the progress of all partitions. The caller holds the lock.
func (s *session[ID, Pos, M]) advance() {
	least, all := core.Version[Pos]{}, true
	first := true
	for _, p := range s.partitions {
		if p == nil {
			all = false
			continue
		}
		if !p.loaded {
			return
		}
		at := p.checkpointAt(s.dispatcher.cursor, s.later).Processed
		if first || s.progress.Covers(least, at) {
			least, first = at, false
		}
	}
	if !all {
		if s.others == nil {
			return
		}
		at, known := s.others()
		if !known {
			return
		}
		if first || s.progress.Covers(least, at) {
			least = at
		}
	}
	s.progress.Advance(least)
}
