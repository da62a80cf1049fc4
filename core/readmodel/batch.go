package readmodel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/core"
)

// maxApply is how long functions are called in one transaction, so that it does not
// keep others from the database for long.
const maxApply = time.Second

// applyBatch applies the first events in one transaction, and returns how many: not
// beyond an event that failed before, which is applied by itself.
func (w *worker[Tx, ID, Pos, M]) applyBatch(ctx context.Context, events []core.StoredEvent[ID, Pos, M]) (n int, err error) {
	n = min(len(events), w.settings.batch)
	if w.failing.is(events[0].Position) {
		if w.failing.givenUp {
			return 1, w.giveUp(ctx, &events[0])
		}
		n = 1
	}
	if w.oneByOne > 0 {
		n = 1
	}
	for i := 1; i < n; i++ {
		if w.failing.is(events[i].Position) {
			n = i
		}
	}
	tried := n
	ctx, end := w.beginApply(ctx, events[:n])
	n, err = w.applyInOrder(ctx, events[:n])
	end(n, err)
	if err != nil {
		return 0, w.blame(ctx, events[:tried], err)
	}
	w.oneByOne = max(w.oneByOne-n, 0)
	w.progress.Advance(core.At(events[n-1].Position))
	w.failing.passed(events[0].Position)
	w.applied = true
	w.health.OK()
	return n, nil
}

// beginApply tells the observer.
func (w *worker[Tx, ID, Pos, M]) beginApply(ctx context.Context, events []core.StoredEvent[ID, Pos, M]) (context.Context, func(applied int, err error)) {
	hook := core.ObserverOf(w.store).Apply
	if hook == nil {
		return ctx, func(int, error) {}
	}
	infos := make([]core.EventInfo, len(events))
	for i := range events {
		infos[i] = events[i].Info()
	}
	ctx, end := hook(ctx, core.ApplyInfo{Model: w.model.layout.String(), Events: infos})
	return ctx, func(applied int, err error) {
		if err != nil {
			applied = 0 // the transaction was undone
		}
		end(core.ApplyEnd{Events: applied, Err: err})
	}
}

// applyInOrder is applyBatch for as many events as can be applied in time.
func (w *worker[Tx, ID, Pos, M]) applyInOrder(ctx context.Context, events []core.StoredEvent[ID, Pos, M]) (n int, err error) {
	var p Progress
	err = w.inTransaction(ctx, func(tx Transaction[Tx]) error {
		if p, err = w.lock(ctx, tx); err != nil {
			return err
		}
		begun := time.Now()
		for n = 0; n < len(events) && (n == 0 || time.Since(begun) < maxApply); n++ {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := w.model.apply(ctx, w.store, tx, &events[n]); err != nil {
				return &applyError[ID, Pos, M]{&events[n], err}
			}
		}
		last := &events[n-1]
		p.Position, p.EventID = positionText(core.At(last.Position)), last.EventID()
		return tx.Save(ctx, p)
	})
	if errors.Is(err, ErrTransactionEnded) {
		return 0, w.damaged(ctx, p, err)
	}
	return n, err
}

// blame finds the event to which an error of the end of a batch is due: a function may
// have hidden the error of a statement, or a constraint is checked at the end. Then the
// events are applied one by one.
func (w *worker[Tx, ID, Pos, M]) blame(ctx context.Context, events []core.StoredEvent[ID, Pos, M], err error) error {
	if _, ok := errors.AsType[*applyError[ID, Pos, M]](err); ok || ctx.Err() != nil || errors.Is(err, errTakenOver) || errors.Is(err, core.ErrFinal) || w.isUnavailable(ctx, err) {
		return err
	}
	if len(events) == 1 {
		return &applyError[ID, Pos, M]{&events[0], err}
	}
	w.oneByOne = len(events)
	return err
}

// damaged marks the tables as damaged: they may hold events for which there is no progress.
func (w *worker[Tx, ID, Pos, M]) damaged(ctx context.Context, p Progress, reason error) error {
	err := w.inTransaction(ctx, func(tx Transaction[Tx]) error {
		now, err := w.lock(ctx, tx)
		if err != nil {
			return err
		}
		now.Damaged = reason.Error()
		return tx.Save(ctx, now)
	})
	if err != nil {
		reason = fmt.Errorf("%w (not written down: %w)", reason, err)
	}
	return w.wrong(p, fmt.Errorf("%w: %w", ErrDamaged, reason))
}
