package projection

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/outlast"
)

// keeper takes the snapshots of a live projection while it runs, in a goroutine of its
// own: events are folded meanwhile, save for as long as the state is copied. It takes
// one when it is due and paid for: what the last one took is a share of the time since.
// At the end of the catch-up and of Run it need not be paid for.
type keeper[P any, ID, Pos comparable, M any] struct {
	live   *Live[P, ID, Pos, M]
	policy *core.SnapshotPolicy // nil if the store does not tell
	asks   atomic.Bool          // it waits for events: signal is of use
	signal chan struct{}        // one may be due
	caught chan struct{}        // the catch-up has ended
	faults outlast.Faults
}

const (
	// snapshotShare is the share of the time that snapshots may take.
	snapshotShare = 0.04
	// lastBound bounds how long Run waits for a snapshot when it ends.
	lastBound = 20 * time.Second
)

// keepSnapshots begins to take snapshots; nil if there is no store for them. The caller
// must call end.
func (l *Live[P, ID, Pos, M]) keepSnapshots(ctx context.Context) (k *keeper[P, ID, Pos, M], end func(last bool)) {
	policy := policyOf(l.snapshots)
	if policy != nil && *policy == (core.SnapshotPolicy{}) {
		return nil, func(bool) {}
	}
	k = &keeper[P, ID, Pos, M]{
		live: l, policy: policy,
		signal: make(chan struct{}, 1), caught: make(chan struct{}, 1),
		faults: outlast.Faults{Runner: l.runner()},
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		k.run(ctx, stop)
	}()
	return k, func(last bool) {
		defer cancel()
		defer time.AfterFunc(lastBound, cancel).Stop()
		close(stop)
		<-done
		if last {
			k.offer(ctx)
		}
	}
}

func policyOf[ID, Pos comparable](s core.SnapshotStore[ID, Pos]) *core.SnapshotPolicy {
	if p, ok := s.(core.PolicySnapshots); ok {
		policy := p.SnapshotPolicy()
		return &policy
	}
	return nil
}

// folded is called after each event with how many are without a snapshot.
func (k *keeper[P, ID, Pos, M]) folded(since int) {
	if k == nil || !k.asks.Load() {
		return
	}
	if since == 1 || k.policy == nil || k.policy.Due(core.SnapshotAge{Events: since}) {
		notify(k.signal)
	}
}

// caughtUp is called when history has been folded.
func (k *keeper[P, ID, Pos, M]) caughtUp() {
	if k != nil {
		notify(k.caught)
	}
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run takes snapshots until stop is closed.
func (k *keeper[P, ID, Pos, M]) run(ctx context.Context, stop <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	tried := 0         // events that the last offer found
	var paid time.Time // when the next one is paid for
	for {
		free := false
		select {
		case <-stop:
			return
		case <-k.caught:
			free = true
		case <-k.signal:
		case <-timer.C:
		}
		wait, since, ok := k.due(tried)
		if !ok {
			k.asks.Store(true)
			if wait, since, ok = k.due(tried); !ok { // nor was one folded meanwhile
				continue
			}
		}
		k.asks.Store(false)
		if !free {
			wait = max(wait, time.Until(paid))
		}
		if wait > 0 {
			timer.Reset(wait)
			continue
		}
		tried = since
		begun := time.Now()
		stored := k.offer(ctx)
		ended := time.Now()
		paid = ended.Add(time.Duration(float64(ended.Sub(begun)) * (1/snapshotShare - 1)))
		if stored {
			tried = 0
		}
		notify(k.signal) // there may be further events
	}
}
