package projection

import (
	"context"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/clone"
)

// due returns when a snapshot will be due; false if that needs further events.
func (k *keeper[P, ID, Pos, M]) due(tried int) (wait time.Duration, since int, ok bool) {
	age, since := k.age()
	if since == 0 || since == tried {
		return 0, since, false
	}
	if k.policy != nil {
		wait, ok = k.policy.DueIn(age)
		return wait, since, ok
	}
	return 0, since, true
}

func (k *keeper[P, ID, Pos, M]) age() (age core.SnapshotAge, since int) {
	k.live.View(func(*P) { age = k.live.run.age() })
	return age, age.Events
}

// offer offers a snapshot of the state as it is now, and reports whether it was stored.
func (k *keeper[P, ID, Pos, M]) offer(ctx context.Context) bool {
	var run *projectionRun[P, ID, Pos, M]
	var age core.SnapshotAge
	allowed := false
	k.live.View(func(*P) {
		run = k.live.run
		age, allowed = run.age(), run.mayOffer()
	})
	if !allowed {
		return false
	}
	taken := 0    // events that the snapshot has and the one before has not
	held := false // the state could not be copied: no event is folded until it is stored
	defer func() {
		if held {
			k.live.lock.endView()
		}
	}()
	answer, err := run.offerTo(ctx, age, func() (snap core.Snapshot[Pos], err error) {
		k.live.lock.beginView()
		held = true
		if snap, err = run.snapshot(); err != nil {
			return snap, err
		}
		taken = run.offered.since
		if state, ok := copyOf(run.state); ok {
			snap.State, held = state, false
			k.live.lock.endView()
		}
		return snap, nil
	})
	if held {
		k.live.lock.endView()
		held = false
	}
	k.live.View(func(*P) { run.answered(answer, err, taken) })
	if err != nil && !isStoreFailure(err) {
		k.faults.Log(ctx, "snapshot not stored", "error", err)
	}
	return answer == core.Stored
}

// copyOf returns a copy of a state, by its method Clone if it has one.
func copyOf[P any](state P) (P, bool) {
	if c, ok := any(&state).(interface{ Clone() P }); ok {
		return c.Clone(), true
	}
	return clone.Of(state)
}
