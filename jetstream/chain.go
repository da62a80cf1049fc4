package jetstream

// chain checks that the events of one aggregate come as they were committed:
// each names the one before it, and no commit lacks an event.
type chain struct {
	aggregate string
	whole     bool   // every event is asked for; else there is nothing to check
	from      uint64 // where the read starts
	last      uint64 // the last event that was in order; 0 for none
	id        string // the commit of the last event
	left      int    // events of that commit still to come
}

// add takes the next event, or returns a [ChainError].
func (c *chain) add(m *message) error {
	if !c.whole {
		c.last = m.seq
		return nil
	}
	l, err := m.link()
	if err != nil || l == nil {
		// Nothing tells what comes before an event of another program.
		if c.left > 0 {
			return &ChainError{Aggregate: c.aggregate, After: c.last, At: m.seq, Previous: c.last}
		}
		c.last, c.id, c.left = m.seq, "", 0
		return nil
	}
	previous := l.previous
	if l.Index > 0 {
		previous = m.seq - 1
	}
	first := c.last == 0 && previous < c.from
	next := c.last != 0 && previous == c.last
	same := l.Index > 0 && l.ID == c.id && c.left == l.Count-l.Index
	begins := l.Index == 0 && c.left == 0
	if !first && (!next || !same && !begins) {
		return &ChainError{Aggregate: c.aggregate, After: c.last, At: m.seq, Previous: previous}
	}
	c.last, c.id, c.left = m.seq, l.ID, l.Count-l.Index-1
	return nil
}

// end returns a [ChainError] if the last commit lacks an event.
func (c *chain) end() error {
	if c.whole && c.left > 0 {
		return &ChainError{Aggregate: c.aggregate, After: c.last}
	}
	return nil
}
