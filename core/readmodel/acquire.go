package readmodel

import (
	"context"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/resume"
	"github.com/jetsource/jetsource/core/pause"
)

func storeID(store any) string { return resume.StoreID(store) }

// sign is what a working runner changes in the progress, again and again.
type sign struct {
	owner string
	beat  int64
}

// acquire waits until this runner is the owner of the layout, and returns its progress:
// the layout has no owner, or one that has shown no sign of life for the time of
// takeover.
func (w *worker[Tx, ID, Pos, M]) acquire(ctx context.Context) (Progress, error) {
	var seen sign
	var since time.Time
	for {
		p, ok, err := w.target.Progress(ctx, w.model.layout)
		if err != nil {
			return p, err
		}
		if ok {
			if err := w.check(p); err != nil {
				return p, err
			}
			if err := w.advance(p); err != nil {
				return p, err
			}
		}
		now := sign{p.Owner, p.Beat}
		if now != seen {
			seen, since = now, time.Now()
		}
		if p.Owner == "" || p.Owner == w.owner || time.Since(since) >= w.settings.takeover {
			p, ours, err := w.take(ctx, now)
			if err != nil || ours {
				return p, err
			}
		}
		w.health.Set(core.RunnerWaiting)
		if err := pause.For(ctx, w.settings.takeover/8); err != nil {
			return p, err
		}
	}
}

// take makes this runner the owner if the progress still shows the same sign.
func (w *worker[Tx, ID, Pos, M]) take(ctx context.Context, seen sign) (p Progress, ours bool, err error) {
	err = w.inTransaction(ctx, func(tx Transaction[Tx]) error {
		var ok bool
		if p, ok, err = tx.Lock(ctx); err != nil {
			return err
		}
		if !ok && w.begun {
			return w.wrong(p, ErrDropped)
		}
		if !ok {
			p = Progress{Store: storeID(w.store), Events: w.model.table.Hash(), Owner: w.owner}
			ours = true
			return w.begin(ctx, tx, p)
		}
		if ours = seen == (sign{p.Owner, p.Beat}); !ours {
			return nil
		}
		if err := w.check(p); err != nil {
			return err
		}
		p.Owner = w.owner
		p.Beat++
		return tx.Save(ctx, p)
	})
	w.begun = w.begun || err == nil && ours
	return p, ours && err == nil, err
}

// begin makes the tables and the first progress.
func (w *worker[Tx, ID, Pos, M]) begin(ctx context.Context, tx Transaction[Tx], p Progress) error {
	if err := tx.Create(ctx, p); err != nil {
		return err
	}
	return w.model.begins(ctx, tx.Tx())
}

// advance takes note of what another runner, or this one, has committed.
func (w *worker[Tx, ID, Pos, M]) advance(p Progress) error {
	at, err := parsePosition[Pos](p.Position)
	if err != nil {
		return err
	}
	w.begun = true
	w.progress.Advance(at)
	return nil
}
