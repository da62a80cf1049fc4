package reactor

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// The log of a partition's timers is a key of its own. An entry sets timers and removes
// others. So that the log need not be read from its beginning, an entry also sets anew the
// timers that were set longest ago, when much of the log is about timers that are gone; and
// each entry says from where on the log has all that are pending.
const entryTimers = "timers"

// timerEntry is one entry of the log.
type timerEntry[Pos comparable] struct {
	Set  []*timer          `json:"set,omitempty"`
	Gone []string          `json:"gone,omitempty"` // ids
	From core.Version[Pos] `json:"from"`           // the first entry that matters; none for this one

	drop int // lines of the log before it that do not matter any more
}

// timerLogSlack is how many lines of the log may be about timers that are gone before any is
// set anew.
const timerLogSlack = 256

// entry returns the entry that records changes, in order. Fired are the ids of timers that have
// fired. The caller applies it when it is recorded.
func (ts *timers[Pos]) entry(changes []timerChange, fired []string) *timerEntry[Pos] {
	e := &timerEntry[Pos]{Gone: fired}
	last := make(map[string]*timer, len(changes))
	var order []string
	for _, c := range changes {
		if _, again := last[c.id]; !again {
			order = append(order, c.id)
		}
		last[c.id] = c.set
	}
	for _, id := range order {
		if set := last[id]; set != nil {
			e.Set = append(e.Set, set)
		} else {
			e.Gone = append(e.Gone, id)
		}
	}
	ts.carry(e, last)
	return e
}

// carry sets timers anew that were set longest ago, twice as many as the entry changes, and
// says from where on the log matters.
func (ts *timers[Pos]) carry(e *timerEntry[Pos], changed map[string]*timer) {
	gone := make(map[string]bool, len(e.Gone))
	for _, id := range e.Gone {
		gone[id] = true
	}
	carried := 0
	if len(ts.log) > 2*len(ts.pending)+timerLogSlack {
		carried = 2 * (len(e.Set) + len(e.Gone))
	}
	for _, line := range ts.log {
		p, ok := ts.pending[line.id]
		_, replaced := changed[line.id]
		if ok && p.at == line.at && !gone[line.id] && !replaced {
			if carried == 0 {
				e.From = line.at
				return
			}
			carried--
			e.Set = append(e.Set, p.timer)
		}
		e.drop++
	}
}

// apply makes the changes of an entry at a position. Timers that an entry sets anew while they
// fire stay taken.
func (ts *timers[Pos]) apply(e *timerEntry[Pos], at core.Version[Pos]) {
	ts.log = ts.log[e.drop:]
	for _, id := range e.Gone {
		ts.remove(id)
	}
	for _, t := range e.Set {
		id := timerID(t.Kind, t.ID, t.Name)
		if p, ok := ts.pending[id]; ok && p.timer == t && p.index < 0 {
			p.at = at
			ts.log = append(ts.log, logged[Pos]{id, at})
			continue
		}
		ts.set(id, t, at)
	}
}

// loadTimers reads the pending timers of a partition, and the version of its log.
func (w *Worker[ID, Pos, M]) loadTimers(ctx context.Context, partition int) (ts *timers[Pos], at core.Version[Pos], err error) {
	ts = newTimers[Pos]()
	key := w.timersKey(partition)
	last, ok, err := w.store.LastEntry(ctx, key)
	if err != nil || !ok {
		return ts, at, err
	}
	e, err := w.parseTimers(last)
	if err != nil {
		return ts, at, err
	}
	from := e.From
	if from.IsZero() {
		from = core.At(last.Position)
	}
	for entry, err := range w.store.LoadEntries(ctx, key, from) {
		if err == nil {
			at = core.At(entry.Position)
			e, err = w.parseTimers(entry)
		}
		if err != nil {
			return ts, at, err
		}
		ts.apply(e, at)
	}
	return ts, at, nil
}

func (w *Worker[ID, Pos, M]) parseTimers(entry core.StoredEntry[Pos]) (*timerEntry[Pos], error) {
	e := new(timerEntry[Pos])
	if err := json.Unmarshal(entry.Data, e); err != nil {
		return nil, core.Final(fmt.Errorf("reactor %s: timers at %v: %w", w.reactor.name, entry.Position, err))
	}
	return e, nil
}
