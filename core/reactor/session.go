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
	layout  layout[Pos]
	control control[Pos]
	replays chan struct{} // has a value if replays are asked for
	tasks   tasks
	crew    crew[Pos]

	dispatcher dispatcher[Pos]
	committer  committer

	mu         sync.Mutex                       // guards the partitions and the dispatcher
	partitions []*partition[ID, Pos, M]         // by number; nil where another process has it
	others     func() (core.Version[Pos], bool) // up to where the other processes have come; nil for none
}

func newSession[ID, Pos comparable, M any](w *Worker[ID, Pos, M], l layout[Pos], c control[Pos]) *session[ID, Pos, M] {
	s := &session[ID, Pos, M]{Worker: w, layout: l, control: c, partitions: make([]*partition[ID, Pos, M], l.Partitions)}
	s.dispatcher.restart = func() {}
	s.dispatcher.wake = make(chan struct{}, 1)
	s.committer.wake = make(chan struct{}, 1)
	s.committer.limit = maxBatch
	s.crew.wake = make(chan struct{}, 1)
	s.crew.id, s.crew.seen = newMember(), make(sightings)
	s.replays = make(chan struct{}, 1)
	return s
}

// tasks are the goroutines of a session. The first error ends all of them.
type tasks struct {
	wg   sync.WaitGroup
	fail context.CancelCauseFunc
}

// run runs a task. One that ends by a panic or runtime.Goexit ends the session.
func (t *tasks) run(task func() error) {
	t.wg.Go(func() {
		err := core.Final(progress.ErrUnwound)
		defer func() {
			if err != nil {
				t.fail(err)
			}
		}()
		err = task()
	})
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
		at := p.floor(s.dispatcher.cursor, s.later).Processed
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

// add has the session work on a partition from a checkpoint on, or from where the log says, if
// that is later.
func (s *session[ID, Pos, M]) add(ctx context.Context, number int, from checkpoint[Pos]) {
	p := &partition[ID, Pos, M]{number: number}
	p.wake, p.room = make(chan struct{}, 1), make(chan struct{}, 1)
	p.busy = make(map[core.Key[ID]]int)
	p.at = from
	p.ctx, p.cancel = context.WithCancel(ctx)
	if s.settings.leases != nil {
		p.ctx = &heldContext{p.ctx, s.isLate, p.cancel}
	}
	s.mu.Lock()
	s.partitions[number] = p
	s.mu.Unlock()
	s.tasks.run(func() error {
		defer func() {
			p.cancel()
			s.mu.Lock()
			p.ended = true
			s.mu.Unlock()
			signal(s.crew.wake)
		}()
		if err := s.outlast(p.ctx, func() error { return s.load(p) }); err != nil {
			return unlessEnded(p.ctx, err)
		}
		return s.work(p)
	})
}

// unlessEnded returns err, or nil once ctx has ended.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// load reads what was recorded of a partition.
func (s *session[ID, Pos, M]) load(p *partition[ID, Pos, M]) error {
	at, entry, err := s.reached(p.ctx, p.number, s.layout, p.at)
	if err != nil {
		return err
	}
	ts, timersAt, err := s.loadTimers(p.ctx, p.number)
	if err != nil {
		return err
	}
	held, err := s.loadHeld(p.ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	p.at, p.entry, p.kept, p.dispatched = at, entry, at, at.Processed
	p.timers, p.timersAt, p.held, p.loaded = ts, timersAt, held, true
	s.mu.Unlock()
	s.resubscribe()
	return nil
}

// loadHeld returns the aggregates of which an event is parked, if others are held back.
func (s *session[ID, Pos, M]) loadHeld(ctx context.Context) (map[string]bool, error) {
	held := make(map[string]bool)
	if !s.settings.holdBack {
		return held, nil
	}
	parked, err := s.Parked(ctx)
	for _, p := range parked {
		held[p.Key] = true
	}
	return held, err
}
