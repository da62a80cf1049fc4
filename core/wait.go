package core

import (
	"context"
	"errors"
	"time"
)

const (
	// waitGrace is how long an awaited event may take to come by itself before
	// the store is asked whether it will come at all.
	waitGrace = 2 * time.Millisecond
	// waitBeyond is how often, and beyondPause how far apart, the store must say
	// that a version is beyond its end before that is believed: the leader of a
	// replicated store may have changed behind its own back.
	waitBeyond  = 20
	beyondPause = 50 * time.Millisecond
)

// errNotYet ends a wait for the next look.
var errNotYet = errors.New("not yet")

// awaited waits until a runner that follows filters has come to a version. Where
// the version is that of an event which the filters leave out, nothing tells the
// runner of it; so the store is asked for the next event that they select.
func awaited[ID, Pos comparable, M any](ctx context.Context, store SubscribableStore[ID, Pos, M], p *progress[Pos], want Version[Pos], filters []Filter[ID, Pos]) error {
	recorded, beyond := false, 0
	for grace := waitGrace; ; grace = min(2*grace, 500*time.Millisecond) {
		soon, cancel := context.WithTimeoutCause(ctx, grace, errNotYet)
		err := p.wait(soon, want)
		cancel()
		if !errors.Is(err, errNotYet) {
			return err
		}
		if !recorded {
			end, err := store.LatestVersion(ctx)
			if err != nil {
				return err
			}
			if recorded = p.covers(end, want); !recorded {
				if beyond++; beyond == waitBeyond {
					return ErrBeyondEnd
				}
				grace = min(grace, beyondPause/2)
				continue
			}
		}
		// Only now: an event up to the version that is not seen by this will not
		// come any more.
		at, _, _ := p.look()
		next, err := store.NextVersion(ctx, at, filters...)
		if err != nil {
			return err
		}
		if next.IsZero() || !p.covers(want, next) {
			p.advance(want)
			return nil
		}
	}
}
