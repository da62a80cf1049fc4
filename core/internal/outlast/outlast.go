// Package outlast keeps a runner going through what passes: a store that is away, full
// or too slow, for however long.
package outlast

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/runstate"
)

// Runner says what goes on, for log lines: a kind of runner and its name.
type Runner struct {
	Kind string // "projection" or "reactor"
	Name string
	// Store is the store of the events: it says what logs and observes.
	Store any
	// Health is told of faults; nil if the runner does so itself.
	Health *runstate.State
}

// Fault tells the observer of a fault, and what is done about it.
func (r Runner) Fault(ctx context.Context, next core.Next, err error) {
	if r.Health != nil && next == core.NextRetry {
		r.Health.Fail(err)
	}
	if hook := core.ObserverOf(r.Store).Fault; hook != nil {
		hook(ctx, core.Fault{Runner: r.Kind, Name: r.Name, Next: next, Err: err})
	}
}

// Logger returns what the runner logs to.
func (r Runner) Logger() *slog.Logger { return core.LoggerOf(r.Store) }

// backoff is between attempts.
var backoff = core.Backoff{First: 50 * time.Millisecond, Max: 5 * time.Second}

// steady is how long an attempt has to go well for the pauses to begin anew.
const steady = 10 * time.Second

// logEvery is how often a fault is logged that goes on.
const logEvery = time.Minute

// Run calls work until it returns nil, ctx ends, or an error is final. It returns that
// error, or the cause of ctx.
func (r Runner) Run(ctx context.Context, work func() error) error {
	faults := Faults{Runner: r}
	for attempt := 0; ; attempt++ {
		begun := time.Now()
		err := work()
		if err == nil || IsFinal(err) {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if time.Since(begun) > steady {
			attempt = 0
		}
		r.Fault(ctx, core.NextRetry, err)
		faults.Log(ctx, "store failed, will be asked again", "error", err)
		if err := backoff.Wait(ctx, attempt); err != nil {
			return err
		}
	}
}

// IsFinal reports whether no wait cures err.
func IsFinal(err error) bool {
	for _, final := range []error{core.ErrFinal, core.ErrClosed, core.ErrBeyondEnd, core.ErrName} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}

// Faults logs a runner's faults: the first of them, and then one a minute.
type Faults struct {
	Runner Runner
	logged time.Time
}

// Log logs a fault, unless one was logged in the last minute.
func (f *Faults) Log(ctx context.Context, msg string, args ...any) {
	if !f.logged.IsZero() && time.Since(f.logged) < logEvery {
		return
	}
	f.logged = time.Now()
	f.Runner.Logger().WarnContext(ctx, msg, append([]any{f.Runner.Kind, f.Runner.Name}, args...)...)
}
