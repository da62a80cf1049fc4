package reactor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// layout is what is recorded of a reactor when it runs first.
type layout[Pos comparable] struct {
	Partitions int               `json:"partitions"`
	Start      core.Version[Pos] `json:"start"` // events up to it are not reacted to
}

// layOut returns the layout of the reactor, and records it if it is new.
func (w *Worker[ID, Pos, M]) layOut(ctx context.Context) (l layout[Pos], err error) {
	for {
		entry, ok, err := w.store.LastEntry(ctx, w.entryKey("layout"))
		if err != nil {
			return l, err
		}
		if ok {
			if err := json.Unmarshal(entry.Data, &l); err != nil {
				return l, core.Final(fmt.Errorf("reactor %s: layout at %v: %w", w.reactor.name, entry.Position, err))
			}
			if l.Partitions != w.reactor.partitions {
				return l, core.Final(&PartitionsError{Reactor: w.reactor.name, Recorded: l.Partitions, Want: w.reactor.partitions})
			}
			return l, nil
		}
		l = layout[Pos]{Partitions: w.reactor.partitions}
		if w.start != nil {
			if l.Start, err = w.start(ctx); err != nil {
				return l, err
			}
		}
		if err := w.put(ctx, "layout", core.Version[Pos]{}, l); err != nil && !errors.Is(err, core.ErrConflict) {
			return l, err
		}
	}
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
