package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// ErrFenced is returned by Run of a worker without a lease when another worker
// of the same reactor has moved on.
var ErrFenced = errors.New("another worker has taken over")

// Worker runs a [Reactor] while Run runs: event by event, in order, from where it
// was. Its progress is in the store, and is moved by compare-and-swap: a worker
// that was thought dead and wakes up can record nothing, and moves nothing back.
type Worker[ID, Pos comparable, M any] struct {
	store    ReservedStore[ID, Pos, M]
	reactor  *Reactor[ID, Pos, M]
	settings workerSettings
	progress *progress[Pos]
	started  atomic.Bool
}

type workerSettings struct {
	lease    Lease
	backoff  Backoff
	attempts int // 0 for no limit
	park     bool
	every    int
}

// NewWorker returns a worker that records its progress after each event, tries a
// reaction that fails again for as long as it takes, and has no lease: of
// several workers that react at the same time all but one come to [ErrFenced].
func NewWorker[ID, Pos comparable, M any](store ReservedStore[ID, Pos, M], reactor *Reactor[ID, Pos, M]) *Worker[ID, Pos, M] {
	return newWorker(store, reactor, workerSettings{every: 1})
}

func newWorker[ID, Pos comparable, M any](store ReservedStore[ID, Pos, M], reactor *Reactor[ID, Pos, M], settings workerSettings) *Worker[ID, Pos, M] {
	return &Worker[ID, Pos, M]{
		store: store, reactor: reactor, settings: settings,
		progress: &progress[Pos]{compare: store.ComparePositions},
	}
}

// WithLease returns a worker, not running yet, that waits until it has the lease
// of its reactor. Of several processes one is active, and another takes over.
func (w *Worker[ID, Pos, M]) WithLease(lease Lease) *Worker[ID, Pos, M] {
	s := w.settings
	s.lease = lease
	return newWorker(w.store, w.reactor, s)
}

// WithBackoff returns a worker, not running yet, with other pauses before a
// reaction is tried again.
func (w *Worker[ID, Pos, M]) WithBackoff(b Backoff) *Worker[ID, Pos, M] {
	s := w.settings
	s.backoff = b
	return newWorker(w.store, w.reactor, s)
}

// StopAfter returns a worker, not running yet, that tries a reaction n times and
// then ends with a [ReactionError].
func (w *Worker[ID, Pos, M]) StopAfter(n int) *Worker[ID, Pos, M] {
	s := w.settings
	s.attempts, s.park = n, false
	return newWorker(w.store, w.reactor, s)
}

// ParkAfter returns a worker, not running yet, that tries a reaction n times,
// then parks the event and goes on. [Worker.Parked] shows what is parked, and
// [Worker.Replay] reacts to it.
func (w *Worker[ID, Pos, M]) ParkAfter(n int) *Worker[ID, Pos, M] {
	s := w.settings
	s.attempts, s.park = n, true
	return newWorker(w.store, w.reactor, s)
}

// RecordEvery returns a worker, not running yet, that records its progress after
// n events without outputs, and when it ends, instead of after each. Up to n
// events are delivered again after a crash; the store grows less.
func (w *Worker[ID, Pos, M]) RecordEvery(n int) *Worker[ID, Pos, M] {
	s := w.settings
	s.every = max(n, 1)
	return newWorker(w.store, w.reactor, s)
}

// Run reacts to events as they come. It returns nil once ctx ends, at once even
// where a reaction waits to be tried again; or else the error that ended it.
// Call it once.
func (w *Worker[ID, Pos, M]) Run(ctx context.Context) error {
	if w.started.Swap(true) {
		return errors.New("core: Run was called before")
	}
	return w.progress.stop(ctx, w.run(ctx))
}

func (w *Worker[ID, Pos, M]) run(ctx context.Context) error {
	if w.settings.lease == nil {
		return w.work(ctx)
	}
	for ctx.Err() == nil {
		err := w.settings.lease.Hold(ctx, "reactor."+w.reactor.name, w.work)
		if err != nil && !errors.Is(err, ErrFenced) {
			return err
		}
		if err != nil {
			_ = shortBackoff.Wait(ctx, leasePause) // it ends early with ctx, as does the loop
		}
	}
	return nil
}

// leasePause is the attempt whose pause follows on being fenced: a lease that is
// given to two is not asked for without end.
const leasePause = 7

// checkpoint is how far a reactor has come, as it is recorded.
type checkpoint[Pos comparable] struct {
	Processed Version[Pos] `json:"processed"`
}

// work reacts until ctx ends.
func (w *Worker[ID, Pos, M]) work(ctx context.Context) error {
	at, err := w.resume(ctx)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	w.progress.advance(at.processed)
	for stored, err := range w.store.Subscribe(ctx, w.reactor.table.after(at.processed)...) {
		if err != nil {
			return errors.Join(unlessEnded(ctx, err), w.flush(ctx, at))
		}
		if err := w.handle(ctx, at, stored); err != nil {
			return errors.Join(unlessEnded(ctx, err), w.flush(ctx, at))
		}
		w.progress.advance(at.processed)
	}
	return w.flush(ctx, at)
}

// unlessEnded returns nil for an error that only says that ctx has ended.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// progressAt is where a worker is, and where the store knows it to be.
type progressAt[Pos comparable] struct {
	processed Version[Pos]
	recorded  Version[Pos] // of the checkpoint itself
	pending   int          // events since the checkpoint
	unsure    bool         // there may be another checkpoint of this worker's
}

// pass takes note of an event that is dealt with, and not recorded yet.
func (at *progressAt[Pos]) pass(position Pos) {
	at.processed = At(position)
	at.pending++
}

// resume reads the last checkpoint.
func (w *Worker[ID, Pos, M]) resume(ctx context.Context) (*progressAt[Pos], error) {
	entry, ok, err := w.store.LastReserved(ctx, w.key())
	if err != nil || !ok {
		return &progressAt[Pos]{}, err
	}
	var c checkpoint[Pos]
	if err := json.Unmarshal(entry.Data, &c); err != nil {
		return nil, fmt.Errorf("reactor %s: checkpoint at %v: %w", w.reactor.name, entry.Position, err)
	}
	return &progressAt[Pos]{processed: c.Processed, recorded: At(entry.Position)}, nil
}

func (w *Worker[ID, Pos, M]) key() ReservedKey { return ReservedKey{"_reactor", w.reactor.name} }

// handle reacts to one event until that is done, and records it.
func (w *Worker[ID, Pos, M]) handle(ctx context.Context, at *progressAt[Pos], stored StoredEvent[ID, Pos, M]) error {
	for attempt, again := 1, 0; ; again++ {
		commits, err := w.react(ctx, stored)
		faulty := err != nil
		if err == nil {
			faulty, err = w.record(ctx, at, stored.Position, nil, commits)
			if err != nil && ctx.Err() != nil && len(commits) == 0 {
				at.pass(stored.Position) // it was reacted to, which flush records
				return nil
			}
		}
		_, fatal := errors.AsType[*fatalError](err)
		if ctx.Err() == nil && (fatal || faulty && w.settings.attempts > 0 && attempt >= w.settings.attempts) {
			if faulty, err = w.giveUp(ctx, at, stored, attempt, err); faulty {
				return err
			}
		}
		if err == nil || ctx.Err() != nil || errors.Is(err, ErrFenced) || errors.Is(err, ErrClosed) {
			return err
		}
		if faulty {
			attempt++ // a store that cannot be reached is no fault of the event's
		}
		slog.WarnContext(ctx, "reaction failed, will be tried again", "reactor", w.reactor.name,
			"event", stored.Kind, "position", stored.Position, "error", err)
		if err := w.settings.backoff.Wait(ctx, again); err != nil {
			return err
		}
	}
}

func (w *Worker[ID, Pos, M]) react(ctx context.Context, stored StoredEvent[ID, Pos, M]) ([]Commit[ID, Pos, M], error) {
	react, ok := w.reactor.table.find(stored.Kind, stored.Key)
	if !ok {
		return nil, nil
	}
	return react(ctx, &stored.Envelope, source{decode: func(event any) error { return w.store.DecodeEvent(stored, event) }})
}

// record records that the event at a position is dealt with, in one commit with
// what came of it. It tells whether an error is due to what came of it, rather
// than to the store.
func (w *Worker[ID, Pos, M]) record(ctx context.Context, at *progressAt[Pos], position Pos, parked []ReservedCommit[Pos], commits []Commit[ID, Pos, M]) (faulty bool, err error) {
	if len(parked) == 0 && len(commits) == 0 && at.pending+1 < w.settings.every {
		at.pass(position)
		return false, nil
	}
	data, err := json.Marshal(checkpoint[Pos]{At(position)})
	if err != nil {
		return true, Fatal(err)
	}
	entries := append([]ReservedCommit[Pos]{{Key: w.key(), Expected: at.recorded, Kind: "checkpoint", Data: data}}, parked...)
	positions, err := w.store.CommitReserved(ctx, entries, commits...)
	if err == nil {
		*at = progressAt[Pos]{processed: At(position), recorded: At(positions[0])}
		return false, nil
	}
	of, part := errors.AsType[*CommitError](err)
	if part && of.Index > 0 {
		return true, err
	}
	if !part && !errors.Is(err, ErrUnknownOutcome) && !errors.Is(err, context.DeadlineExceeded) {
		return len(commits) > 0, err // which may be too much for the store
	}
	at.unsure = at.unsure || !part
	// Somebody else has moved the checkpoint; or it was this worker, in an attempt
	// whose answer was lost.
	now, lookErr := w.resume(ctx)
	switch {
	case lookErr != nil:
		return false, err
	case now.processed == At(position) && at.unsure:
		*at = *now
		return false, nil
	case now.recorded != at.recorded:
		return false, fmt.Errorf("reactor %s: %w", w.reactor.name, ErrFenced)
	}
	return false, err
}

// flush records the progress that was not recorded yet, though ctx has ended.
func (w *Worker[ID, Pos, M]) flush(ctx context.Context, at *progressAt[Pos]) error {
	position, ok := at.processed.Position()
	if !ok || at.pending == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	pending := at.pending
	at.pending = w.settings.every
	_, err := w.record(ctx, at, position, nil, nil)
	if err != nil {
		slog.WarnContext(ctx, "progress not recorded, events will be delivered again", "reactor", w.reactor.name, "events", pending, "error", err)
	}
	return err
}

// giveUp parks the event. It tells whether an error is one that ends the worker.
func (w *Worker[ID, Pos, M]) giveUp(ctx context.Context, at *progressAt[Pos], stored StoredEvent[ID, Pos, M], attempts int, err error) (final bool, _ error) {
	reason := &ReactionError{
		Reactor: w.reactor.name, Kind: stored.Kind, Key: stored.Key.String(),
		Position: fmt.Sprint(stored.Position), Attempts: attempts, Err: err,
	}
	if !w.settings.park {
		return true, reason
	}
	entry, err := w.parking(ParkedEvent[Pos]{
		Position: stored.Position, EventID: stored.EventID(), Kind: stored.Kind, Key: stored.Key.String(),
		Attempts: attempts, Reason: reason.Err.Error(),
	})
	if err != nil {
		return true, err
	}
	final, err = w.record(ctx, at, stored.Position, []ReservedCommit[Pos]{entry}, nil)
	if err == nil {
		slog.ErrorContext(ctx, "event parked", "reactor", w.reactor.name, "position", stored.Position, "error", reason.Err)
	}
	return final, err
}

// Processed returns the version up to which all events are dealt with.
func (w *Worker[ID, Pos, M]) Processed() Version[Pos] {
	at, _, _ := w.progress.look()
	return at
}

// Wait waits until every event up to the latest of versions is dealt with by
// this worker. Its errors are those of [Live.Wait].
func (w *Worker[ID, Pos, M]) Wait(ctx context.Context, versions ...Version[Pos]) error {
	return awaited(ctx, w.store, w.progress, w.progress.largest(versions), w.reactor.table.filters)
}

// CatchUp waits until every event that is in the store now is dealt with by this
// worker.
func (w *Worker[ID, Pos, M]) CatchUp(ctx context.Context) error {
	end, err := w.store.LatestVersion(ctx)
	if err != nil {
		return err
	}
	return w.Wait(ctx, end)
}
