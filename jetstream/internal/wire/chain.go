package wire

// Chain checks that the events of one aggregate are read as they were committed:
// each names the one before it, and no commit lacks an event.
type Chain struct {
	Aggregate string // the subjects of the aggregate
	Whole     bool   // every event is asked for; otherwise nothing can be checked
	From      uint64 // where the read starts
	Last      uint64 // the last event that was in order; 0 for none

	commit  string // id of the commit of the last event
	missing int    // events of that commit that have not been read
}

// Add takes the next event, or returns a [ChainError].
func (c *Chain) Add(m *Message) error {
	if !c.Whole {
		c.Last = m.Seq
		return nil
	}
	h, err := m.Commit()
	if err != nil || h == nil {
		// An event of another program does not name the one before it.
		if c.missing > 0 {
			return &ChainError{Aggregate: c.Aggregate, After: c.Last, At: m.Seq, Previous: c.Last}
		}
		c.Last, c.commit, c.missing = m.Seq, "", 0
		return nil
	}
	previous := h.Previous
	if h.Index > 0 {
		previous = m.Seq - 1
	}
	sameCommit := h.Index > 0 && h.ID == c.commit && c.missing == h.Count-h.Index
	newCommit := h.Index == 0 && c.missing == 0
	if !c.follows(previous) || c.Last != 0 && !sameCommit && !newCommit {
		return &ChainError{Aggregate: c.Aggregate, After: c.Last, At: m.Seq, Previous: previous}
	}
	c.Last, c.commit, c.missing = m.Seq, h.ID, h.Count-h.Index-1
	return nil
}

// follows reports whether a message that names its predecessor can come next.
func (c *Chain) follows(previous uint64) bool {
	if c.Last == 0 {
		return previous < c.From
	}
	return previous == c.Last
}

// Pass takes the next message where readers pass over it: it is a link of the chain,
// but its commit need not be whole.
func (c *Chain) Pass(m *Message) error {
	if h, err := m.Commit(); c.Whole && err == nil && h != nil {
		previous := h.Previous
		if h.Index > 0 {
			previous = m.Seq - 1
		}
		if !c.follows(previous) {
			return &ChainError{Aggregate: c.Aggregate, After: c.Last, At: m.Seq, Previous: previous}
		}
	}
	c.Last = m.Seq
	c.Abandon()
	return nil
}

// Unfinished reports whether events of the last commit are still to come.
func (c *Chain) Unfinished() bool { return c.Whole && c.missing > 0 }

// Abandon forgets the last commit: its other events never come.
func (c *Chain) Abandon() { c.commit, c.missing = "", 0 }

// Tears reports whether a message shows that the last commit lost its end: it is of
// another commit, and names the last event that was read as its predecessor.
func (c *Chain) Tears(m *Message) bool {
	h, err := m.Commit()
	return c.Unfinished() && err == nil && h != nil && h.Index == 0 && h.Previous == c.Last
}

// End returns a [ChainError] if the last commit lacks an event.
func (c *Chain) End() error {
	if c.Whole && c.missing > 0 {
		return &ChainError{Aggregate: c.Aggregate, After: c.Last}
	}
	return nil
}
