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
	first := c.Last == 0 && previous < c.From
	next := c.Last != 0 && previous == c.Last
	sameCommit := h.Index > 0 && h.ID == c.commit && c.missing == h.Count-h.Index
	newCommit := h.Index == 0 && c.missing == 0
	if !first && (!next || !sameCommit && !newCommit) {
		return &ChainError{Aggregate: c.Aggregate, After: c.Last, At: m.Seq, Previous: previous}
	}
	c.Last, c.commit, c.missing = m.Seq, h.ID, h.Count-h.Index-1
	return nil
}

// End returns a [ChainError] if the last commit lacks an event.
func (c *Chain) End() error {
	if c.Whole && c.missing > 0 {
		return &ChainError{Aggregate: c.Aggregate, After: c.Last}
	}
	return nil
}
