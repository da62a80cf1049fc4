package progress

import (
	"context"
	"errors"
	"time"

	"github.com/jetsource/jetsource/core"
)

const (
	// eventGrace is how long the runner may take to receive the awaited event
	// before the store is asked whether its filters select the event at all.
	eventGrace = 2 * time.Millisecond
	// A version is beyond the end of the store if the store says so beyondChecks
	// times, beyondPause apart: one answer may come from a deposed leader.
	beyondChecks = 20
	beyondPause  = 50 * time.Millisecond
)

// errGraceOver ends a wait so that the store is asked.
var errGraceOver = errors.New("grace period is over")

// Await waits until a runner that follows filters has reached a version. The
// filters may leave out the event at that version, and then the runner never
// receives it; so the store is asked for the next event that they select.
func Await[ID, Pos comparable, M any](ctx context.Context, store core.SubscribableStore[ID, Pos, M], p *Progress[Pos], want core.Version[Pos], filters []core.Filter[ID, Pos]) error {
	recorded, beyond := false, 0
	for grace := eventGrace; ; grace = min(2*grace, 500*time.Millisecond) {
		waiting, cancel := context.WithTimeoutCause(ctx, grace, errGraceOver)
		err := p.wait(waiting, want)
		cancel()
		if !errors.Is(err, errGraceOver) {
			return err
		}
		if !recorded {
			end, err := store.LatestVersion(ctx)
			if err != nil {
				return err
			}
			if recorded = p.Covers(end, want); !recorded {
				if beyond++; beyond == beyondChecks {
					return core.ErrBeyondEnd
				}
				grace = min(grace, beyondPause/2)
				continue
			}
		}
		// The version is recorded, so NextVersion sees every event up to it.
		at, _, _ := p.State()
		next, err := store.NextVersion(ctx, at, filters...)
		if err != nil {
			return err
		}
		if next.IsZero() || !p.Covers(want, next) {
			p.Advance(want)
			return nil
		}
	}
}
