package reactor

import (
	"container/heap"
	"encoding/json"
	"strconv"
	"time"

	"github.com/jetsource/jetsource/core"
)

// timer is a timer as it is recorded.
type timer struct {
	Kind  string          `json:"kind"` // of the aggregate
	ID    json.RawMessage `json:"id"`   // of the aggregate
	Name  string          `json:"name"`
	Due   time.Time       `json:"due"`
	Event string          `json:"event"` // its kind
	Codec string          `json:"codec"`
	Data  []byte          `json:"data"`
	SetBy string          `json:"set_by"` // the event id of what set it
}

// timerID returns what identifies a timer among those of its reactor. A kind that is quoted
// and an id that is JSON say themselves where they end.
func timerID(kind string, id json.RawMessage, name string) string {
	return strconv.Quote(kind) + string(id) + name
}

// ref returns what identifies a timer among all that its reactor ever had.
func (t *timer) ref() string { return t.SetBy + " " + timerID(t.Kind, t.ID, t.Name) }

// timerChange sets a timer, or, if set is nil, cancels it.
type timerChange struct {
	id  string
	set *timer
}

// timerEvent returns a timer that is due as the event that its handler is given.
func timerEvent[ID, Pos comparable, M any](t *timer) (stored core.StoredEvent[ID, Pos, M], err error) {
	stored.Key.Kind, stored.Kind, stored.Time = t.Kind, t.Event, t.Due
	stored.Codec, stored.Data = t.Codec, t.Data
	stored.Commit = core.CommitInfo{ID: "timer/" + t.SetBy + "/" + t.Name, Count: 1}
	return stored, json.Unmarshal(t.ID, &stored.Key.ID)
}

// timers are the pending timers of a partition, and where in its log they are.
type timers[Pos comparable] struct {
	pending map[string]*pendingTimer[Pos]
	due     dueHeap[Pos]
	log     []logged[Pos] // what sets timers, in the order of the log; may not be so any more
}

// pendingTimer is a timer that has not fired.
type pendingTimer[Pos comparable] struct {
	*timer
	id    string
	at    core.Version[Pos] // the entry that sets it
	index int               // in the heap; negative while it fires
}

// logged is that an entry sets a timer.
type logged[Pos comparable] struct {
	id string
	at core.Version[Pos]
}

func newTimers[Pos comparable]() *timers[Pos] {
	return &timers[Pos]{pending: make(map[string]*pendingTimer[Pos])}
}

// set adds a timer, in place of one with its id.
func (ts *timers[Pos]) set(id string, t *timer, at core.Version[Pos]) {
	ts.remove(id)
	p := &pendingTimer[Pos]{timer: t, id: id, at: at}
	ts.pending[id] = p
	heap.Push(&ts.due, p)
	ts.log = append(ts.log, logged[Pos]{id, at})
}

// remove removes a timer, if it is there.
func (ts *timers[Pos]) remove(id string) {
	p, ok := ts.pending[id]
	if !ok {
		return
	}
	delete(ts.pending, id)
	if p.index >= 0 {
		heap.Remove(&ts.due, p.index)
	}
}

// next returns the timer that is due first; nil if there is none.
func (ts *timers[Pos]) next() *pendingTimer[Pos] {
	if ts == nil || len(ts.due) == 0 {
		return nil
	}
	return ts.due[0]
}

// take takes a timer to fire it. It stays pending until it is removed.
func (ts *timers[Pos]) take(p *pendingTimer[Pos]) { heap.Remove(&ts.due, p.index) }

// dueHeap orders timers by when they are due.
type dueHeap[Pos comparable] []*pendingTimer[Pos]

func (h dueHeap[Pos]) Len() int { return len(h) }
func (h dueHeap[Pos]) Less(i, j int) bool {
	if !h[i].Due.Equal(h[j].Due) {
		return h[i].Due.Before(h[j].Due)
	}
	return h[i].id < h[j].id
}
func (h dueHeap[Pos]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push adds a timer.
func (h *dueHeap[Pos]) Push(x any) {
	p := x.(*pendingTimer[Pos])
	p.index = len(*h)
	*h = append(*h, p)
}

// Pop removes the last timer.
func (h *dueHeap[Pos]) Pop() any {
	last := len(*h) - 1
	p := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	p.index = -1
	return p
}
