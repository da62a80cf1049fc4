package kvmodel

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/readmodel"
)

// Progress returns the progress of a layout.
func (t *Target) Progress(ctx context.Context, layout readmodel.Layout) (readmodel.Progress, bool, error) {
	p, revision, err := t.progress(ctx, layout)
	return p.Progress, revision > 0 && !p.Claimed, err
}

// claim is progress as it is in the bucket.
type claim struct {
	readmodel.Progress
	// Claimed says that there is no progress yet: one who creates it removes rows that were
	// written before this.
	Claimed bool `json:"claimed,omitempty"`
}

// progress returns also the revision; 0 if there is none.
func (t *Target) progress(ctx context.Context, layout readmodel.Layout) (p claim, revision uint64, err error) {
	return p, revision, t.get(ctx, progressKey(layout), &p, &revision)
}

// update writes progress of the given revision, and returns the new one.
func (t *Target) update(ctx context.Context, layout readmodel.Layout, p claim, revision uint64) (uint64, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return 0, err
	}
	return t.kv.Update(ctx, progressKey(layout), data, revision)
}

// A replica that lags has no progress yet where others have some: it is asked again.
const (
	lagging      = 20
	laggingPause = 100 * time.Millisecond
)

// surely is progress of a layout that may have been dropped.
func (t *Target) surely(ctx context.Context, layout readmodel.Layout) (claim, uint64, error) {
	for attempt := 0; ; attempt++ {
		p, revision, err := t.progress(ctx, layout)
		if revision > 0 {
			t.seen.Store(layout, true)
		}
		if _, seen := t.seen.Load(layout); err != nil || revision > 0 || !seen {
			return p, revision, err
		}
		if attempt == lagging {
			t.seen.Delete(layout)
			return p, 0, nil
		}
		if err := (core.Backoff{First: laggingPause, Max: laggingPause}).Wait(ctx, attempt); err != nil {
			return p, 0, err
		}
	}
}
