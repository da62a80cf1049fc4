package core

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// warnings logs what goes wrong with snapshots: of the same warning one a minute. It is
// safe for concurrent use.
type warnings struct {
	mu     sync.Mutex // guards the field below
	logged map[string]time.Time
	to     func() *slog.Logger // never changes
}

const (
	// warnEvery is how often the same warning is logged.
	warnEvery = time.Minute
	// maxWarnings is how many warnings are remembered. Then all are forgotten.
	maxWarnings = 1000
)

// log logs a warning unless it was logged a moment ago, for whatever aggregate.
func (w *warnings) log(ctx context.Context, msg string, err error, args ...any) {
	if w.allows(msg + ": " + reason(err)) {
		w.to().WarnContext(ctx, msg, append(args, "error", err)...)
	}
}

func (w *warnings) allows(warning string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at, ok := w.logged[warning]; ok && time.Since(at) < warnEvery {
		return false
	}
	if len(w.logged) >= maxWarnings || w.logged == nil {
		w.logged = make(map[string]time.Time)
	}
	w.logged[warning] = time.Now()
	return true
}

// reason returns the text of an error without what names the snapshot.
func reason(err error) string {
	if read, ok := errors.AsType[*SnapshotReadError](err); ok {
		return read.Error()
	}
	if create, ok := errors.AsType[*SnapshotCreateError](err); ok {
		return create.Error()
	}
	return err.Error()
}
