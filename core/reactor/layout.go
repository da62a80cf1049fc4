package reactor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jetsource/jetsource/core"
)

// layout is what is recorded of a reactor when it runs first. Its kinds are those of the worker
// that began last.
type layout[Pos comparable] struct {
	Partitions int               `json:"partitions"`
	Start      core.Version[Pos] `json:"start"` // events up to it are not reacted to
	Kinds      []string          `json:"kinds"` // of the events that it takes
}

// layoutName is the name of the layout's key.
const layoutName = "layout"

// loadLayout returns the layout, and the version of its key; zero if there is none.
func (w *Worker[ID, Pos, M]) loadLayout(ctx context.Context) (l layout[Pos], at core.Version[Pos], err error) {
	at, err = w.loadNamed(ctx, layoutName, &l)
	return l, at, err
}

// layOut returns the layout of the reactor, and the version of its key, and records it if it is
// new.
func (w *Worker[ID, Pos, M]) layOut(ctx context.Context) (l layout[Pos], at core.Version[Pos], err error) {
	for {
		l, at, err = w.loadLayout(ctx)
		if err != nil {
			return l, at, err
		}
		if !at.IsZero() {
			if l.Partitions != w.reactor.partitions {
				err = core.Final(&PartitionsError{Reactor: w.reactor.name, Recorded: l.Partitions, Want: w.reactor.partitions})
			}
			return l, at, err
		}
		l = layout[Pos]{Partitions: w.reactor.partitions, Kinds: w.reactor.kinds()}
		if w.start != nil {
			if l.Start, err = w.start(ctx); err != nil {
				return l, at, err
			}
		}
		if err := w.put(ctx, layoutName, at, l); err != nil && !errors.Is(err, core.ErrConflict) {
			return l, at, err
		}
	}
}

// prepare returns the layout of the reactor for a worker that begins. The kinds of events that it
// takes are recorded anew if others are: a program without its handlers knows it by them.
func (w *Worker[ID, Pos, M]) prepare(ctx context.Context) (layout[Pos], error) {
	for {
		l, at, err := w.layOut(ctx)
		if err != nil || slices.Equal(l.Kinds, w.reactor.kinds()) {
			return l, err
		}
		l.Kinds = w.reactor.kinds()
		if err := w.put(ctx, layoutName, at, l); !errors.Is(err, core.ErrConflict) {
			return l, err
		}
	}
}

// loadNamed reads the last entry of a name, and returns the version of its key; zero if there is
// none.
func (w *Worker[ID, Pos, M]) loadNamed(ctx context.Context, name string, into any) (at core.Version[Pos], err error) {
	entry, ok, err := w.store.LastEntry(ctx, w.entryKey(name))
	if err != nil || !ok {
		return at, err
	}
	if err := json.Unmarshal(entry.Data, into); err != nil {
		return at, core.Final(fmt.Errorf("reactor %s: %s at %v: %w", w.reactor.name, name, entry.Position, err))
	}
	return core.At(entry.Position), nil
}

// put records an entry of the reactor that must be at a version.
func (w *Worker[ID, Pos, M]) put(ctx context.Context, name string, at core.Version[Pos], value any, more ...core.Commit[ID, Pos, M]) error {
	c, err := w.entryCommit(w.entryKey(name), name, at, value)
	if err == nil {
		_, err = w.store.Commit(ctx, append([]core.Commit[ID, Pos, M]{c}, more...)...)
	}
	return err
}

// entryCommit returns the commit of an entry.
func (w *Worker[ID, Pos, M]) entryCommit(key core.EntryKey, kind string, at core.Version[Pos], value any) (core.Commit[ID, Pos, M], error) {
	data, err := json.Marshal(value)
	return core.Commit[ID, Pos, M]{Expected: at, Entry: &core.Entry{Key: key, Kind: kind, Data: data}}, err
}
