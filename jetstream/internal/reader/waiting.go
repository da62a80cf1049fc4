package reader

import "github.com/jetsource/jetsource/jetstream/internal/wire"

// waiting are the loops of a tail that wait for their next message, by filter; those that
// want every subject by "". A message wakes only the loops that want it, however many
// others there are.
type waiting map[string]map[*waiter]bool

// waiter is one loop that waits.
type waiter struct {
	filters []string // one "" for every subject
	woken   chan struct{}
	next    uint64 // the sequence to go on with: a tail can be further back
}

// add has a loop wait for a message from sequence next on, on its filters, none for every
// subject.
func (w waiting) add(next uint64, filters []string) *waiter {
	if len(filters) == 0 {
		filters = []string{""}
	}
	one := &waiter{filters: filters, woken: make(chan struct{}), next: next}
	for _, f := range filters {
		if w[f] == nil {
			w[f] = make(map[*waiter]bool)
		}
		w[f][one] = true
	}
	return one
}

func (w waiting) remove(one *waiter) {
	for _, f := range one.filters {
		if delete(w[f], one); len(w[f]) == 0 {
			delete(w, f)
		}
	}
}

// wake wakes the loops that want a message.
func (w waiting) wake(m *wire.Message) {
	for one := range w[""] {
		w.wakeOne(one, m.Seq)
	}
	if len(w) == 0 {
		return
	}
	for _, filter := range wire.FiltersOf(m.Subject) {
		for one := range w[filter] {
			w.wakeOne(one, m.Seq)
		}
	}
}

func (w waiting) wakeOne(one *waiter, seq uint64) {
	if seq < one.next {
		return
	}
	one.next = seq
	w.remove(one)
	close(one.woken)
}

// wakeAll wakes all loops, as no message comes any more. None has missed one before end.
func (w waiting) wakeAll(end uint64) {
	for _, loops := range w {
		for one := range loops {
			w.wakeOne(one, max(end, one.next))
		}
	}
}
