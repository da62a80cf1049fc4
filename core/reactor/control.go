package reactor

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/pause"
)

// control is what was asked of all workers of a reactor. It is in the store, and each of them
// looks at it every controlPoll.
type control[Pos comparable] struct {
	Paused  bool  `json:"paused,omitempty"`
	Resets  int   `json:"resets,omitempty"`  // how often the reactor was reset
	Skip    []Pos `json:"skip,omitempty"`    // events that are not reacted to
	Reloads int   `json:"reloads,omitempty"` // how often others changed timers or what is held back

	Replays []asked[Pos] `json:"replays,omitempty"` // what is to be replayed: see AskReplay
}

// asksTheSame reports whether two controls ask for the same, replays left out.
func (c control[Pos]) asksTheSame(other control[Pos]) bool {
	c.Replays, other.Replays = nil, nil
	return reflect.DeepEqual(c, other)
}

const controlPoll = 2 * time.Second

// Pause has all workers of the reactor stop, within seconds, in whatever process they run:
// they finish the reactions that they have begun. Their Run goes on, and waits for Resume.
func (w *Worker[ID, Pos, M]) Pause(ctx context.Context) error {
	return w.direct(ctx, func(c *control[Pos]) error { c.Paused = true; return nil })
}

// Resume has the workers of the reactor go on, within seconds.
func (w *Worker[ID, Pos, M]) Resume(ctx context.Context) error {
	return w.direct(ctx, func(c *control[Pos]) error { c.Paused = false; return nil })
}

// IsPaused reports whether the reactor is paused.
func (w *Worker[ID, Pos, M]) IsPaused(ctx context.Context) (bool, error) {
	c, _, err := w.loadControl(ctx)
	return c.Paused, err
}

// Skip has the workers of the reactor pass over the event at a position, if they have not
// reacted to it, also one that they are trying. It takes effect within seconds.
func (w *Worker[ID, Pos, M]) Skip(ctx context.Context, position Pos) error {
	return w.direct(ctx, func(c *control[Pos]) error {
		if !slices.Contains(c.Skip, position) {
			c.Skip = append(c.Skip, position)
		}
		if over := len(c.Skip) - maxSkip; over > 0 {
			c.Skip = c.Skip[over:]
		}
		return nil
	})
}

// maxSkip is how many events are remembered as skipped, the last ones.
const maxSkip = 1000

// Reset moves the progress of all partitions to a version, back or forth: the events after it
// are reacted to next, again if they were before, and those up to it are not. The zero Version
// is before the first event. Timers stay as they are, and so do parked events. A version that
// the store has not reached is [core.ErrBeyondEnd].
func (w *Worker[ID, Pos, M]) Reset(ctx context.Context, to core.Version[Pos]) error {
	end, err := w.store.LatestVersion(ctx)
	if err != nil {
		return err
	}
	if !w.progress.Covers(end, to) {
		return core.ErrBeyondEnd
	}
	for {
		err := w.reset(ctx, to)
		if !errors.Is(err, core.ErrConflict) {
			return err
		}
	}
}

func (w *Worker[ID, Pos, M]) reset(ctx context.Context, to core.Version[Pos]) error {
	l, _, err := w.layOut(ctx)
	if err != nil {
		return err
	}
	c, at, err := w.loadControl(ctx)
	if err != nil {
		return err
	}
	c.Resets++
	var commits []core.Commit[ID, Pos, M]
	for n := range l.Partitions {
		last, ok, err := w.store.LastEntry(ctx, w.partitionKey(n))
		if err != nil {
			return err
		}
		var on core.Version[Pos]
		if ok {
			on = core.At(last.Position)
		}
		commit, err := w.entryCommit(w.partitionKey(n), entryCheckpoint, on, checkpoint[Pos]{Processed: to, Resets: c.Resets})
		if err != nil {
			return err
		}
		commits = append(commits, commit)
	}
	return w.put(ctx, controlName, at, c, commits...)
}

// controlName is the name of the control's key.
const controlName = "control"

// direct changes the control, unless change returns an error.
func (w *Worker[ID, Pos, M]) direct(ctx context.Context, change func(*control[Pos]) error) error {
	for {
		c, at, err := w.loadControl(ctx)
		if err != nil {
			return err
		}
		if err := change(&c); err != nil {
			return err
		}
		if err := w.put(ctx, controlName, at, c); !errors.Is(err, core.ErrConflict) {
			return err
		}
	}
}

// loadControl returns the control, and the version of its key.
func (w *Worker[ID, Pos, M]) loadControl(ctx context.Context) (c control[Pos], at core.Version[Pos], err error) {
	at, err = w.loadNamed(ctx, controlName, &c)
	return c, at, err
}

// errControl ends a session because the control has changed.
var errControl = errors.New("the control has changed")

// watchControl returns errControl when the control, which was c, asks for something else. It calls
// replay while replays are asked for.
func (w *Worker[ID, Pos, M]) watchControl(ctx context.Context, c control[Pos], replay func()) error {
	if len(c.Replays) > 0 {
		replay()
	}
	for pause.For(ctx, controlPoll) == nil {
		now, _, err := w.loadControl(ctx)
		if err != nil {
			continue
		}
		if !now.asksTheSame(c) {
			return errControl
		}
		if len(now.Replays) > 0 {
			replay()
		}
	}
	return nil
}
