package projection

import (
	"context"
	"sync"
	"time"
)

// viewLock guards the state of a live projection: views share it, and a fold has it
// alone. Views that come while a fold waits for others wait behind it, and all that
// wait get in between two folds.
//
// It differs from a [sync.RWMutex] in two ways. A fold stops waiting when its context
// ends. And a view that has waited for viewTimeout goes before a fold that has not
// begun: a view inside a view waits for a fold that waits for the outer one.
type viewLock struct {
	mu     sync.Mutex // guards the fields below
	views  int        // that are under way
	queued int        // that wait
	queue  chan struct{}
	fold   foldState
	idle   chan struct{} // closed when the last view ends for which a fold waits
}

type foldState int

const (
	noFold foldState = iota
	foldWaits
	foldRuns
)

// viewTimeout is how long a view waits for a fold to begin.
const viewTimeout = 100 * time.Millisecond

func (l *viewLock) beginView() {
	l.mu.Lock()
	if l.fold == noFold {
		l.views++
		l.mu.Unlock()
		return
	}
	if l.queue == nil {
		l.queue = make(chan struct{})
	}
	in := l.queue
	l.queued++
	l.mu.Unlock()

	late := time.NewTimer(viewTimeout)
	defer late.Stop()
	select {
	case <-in:
	case <-late.C:
		if !l.overtake(in) {
			<-in
		}
	}
}

// overtake lets a view in that waits for in, if the fold has not begun.
func (l *viewLock) overtake(in chan struct{}) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queue != in || l.fold != foldWaits {
		return false // it is in, or will be when the fold ends
	}
	l.queued--
	l.views++
	return true
}

func (l *viewLock) endView() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.views--; l.views == 0 && l.fold == foldWaits {
		l.fold = foldRuns
		close(l.idle)
	}
}

// beginFold returns the cause of ctx if that ends before the fold can begin.
func (l *viewLock) beginFold(ctx context.Context) error {
	l.mu.Lock()
	if l.views == 0 {
		l.fold = foldRuns
		l.mu.Unlock()
		return nil
	}
	l.fold, l.idle = foldWaits, make(chan struct{})
	idle := l.idle
	l.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		l.endFold()
		return context.Cause(ctx)
	}
}

// endFold lets in all views that wait.
func (l *viewLock) endFold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fold = noFold
	l.views += l.queued
	l.queued = 0
	if l.queue != nil {
		close(l.queue)
		l.queue = nil
	}
}
