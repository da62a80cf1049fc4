package reactor

import (
	"encoding/json"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// checkpoint is the progress of a partition, as it is recorded: every event of the partition
// up to Processed is done.
type checkpoint[Pos comparable] struct {
	Processed core.Version[Pos] `json:"processed"`
	Partial   partial[Pos]      `json:"partial,omitzero"`
	Resets    int               `json:"resets,omitempty"` // how often the reactor was reset before
	Batch     string            `json:"batch,omitempty"`  // the batch that recorded it
}

// partial is how many of the events that a recorded one is today were processed.
type partial[Pos comparable] struct {
	Event core.Version[Pos] `json:"event"`
	Done  int               `json:"done"`
}

// of returns the number for the event at a position.
func (p partial[Pos]) of(event Pos) int {
	if p.Event == core.At(event) {
		return p.Done
	}
	return 0
}

// later reports whether a checkpoint is after another one.
func (w *Worker[ID, Pos, M]) later(a, b checkpoint[Pos]) bool {
	switch {
	case a.Resets != b.Resets:
		return a.Resets > b.Resets
	case a.Processed != b.Processed:
		return !w.progress.Covers(b.Processed, a.Processed)
	}
	return a.Partial != b.Partial && a.Partial != (partial[Pos]{}) &&
		(b.Partial == partial[Pos]{} || !w.progress.Covers(b.Partial.Event, a.Partial.Event) || a.Partial.Done > b.Partial.Done)
}

// parseCheckpoint reads the entry of a partition.
func (w *Worker[ID, Pos, M]) parseCheckpoint(entry core.StoredEntry[Pos]) (c checkpoint[Pos], err error) {
	if err := json.Unmarshal(entry.Data, &c); err != nil {
		return c, core.Final(fmt.Errorf("reactor %s: checkpoint at %v: %w", w.reactor.name, entry.Position, err))
	}
	return c, nil
}
