package core

import "errors"

// Commit is what a store is asked to record for one aggregate: some events, all
// or none.
type Commit[ID, Pos comparable, M any] struct {
	// Key names the aggregate.
	Key Key[ID]
	// Expected is the version the aggregate must be at; the zero Version expects
	// an aggregate without events.
	Expected Version[Pos]
	// Unchecked records the events whatever version the aggregate is at.
	// Expected is then not looked at.
	Unchecked bool
	// Events are the events to record, in order. There is at least one.
	Events []Event
	// Metadata is recorded beside each of the events.
	Metadata M
	// CommandID is recorded beside each of the events, unless it is empty. A store
	// does not look whether it was recorded before: a [Repository] does.
	CommandID string
}

// Validate returns the first mistake that no store accepts: [ErrNoEvents], a
// [NameError] for the aggregate's kind, or an [EncodeError] for an event that is
// nil or has a kind that cannot be. Stores call it before they write anything.
func (c Commit[ID, Pos, M]) Validate() error {
	if err := CheckKind("aggregate kind", c.Key.Kind); err != nil {
		return err
	}
	if len(c.Events) == 0 {
		return ErrNoEvents
	}
	for i, e := range c.Events {
		if e == nil {
			return &EncodeError{Index: i, Err: errors.New("event is nil")}
		}
		if err := CheckKind("event kind", e.EventKind()); err != nil {
			return &EncodeError{Index: i, Kind: e.EventKind(), Err: err}
		}
	}
	return nil
}

// ValidateAll validates commits that are to be recorded together: each of them,
// and that there are some, of different aggregates. A mistake in one of them is
// a [CommitError] that tells which.
func ValidateAll[ID, Pos comparable, M any](commits []Commit[ID, Pos, M]) error {
	if len(commits) == 0 {
		return ErrNoEvents
	}
	seen := make(map[Key[ID]]bool, len(commits))
	for i, c := range commits {
		err := c.Validate()
		if err == nil && seen[c.Key] {
			err = ErrSameAggregate
		}
		if err != nil {
			return &CommitError{Index: i, Err: err}
		}
		seen[c.Key] = true
	}
	return nil
}

// CheckKind returns a [NameError] unless kind can be the kind of an event or of
// an aggregate: it is not empty, and does not begin with an underscore, for such
// kinds are the library's own. What says which kind it is, for the message. A
// store may refuse more, such as a kind that is too long.
func CheckKind(what, kind string) error {
	switch {
	case kind == "":
		return &NameError{What: what, Err: errors.New("it is empty")}
	case kind[0] == '_':
		return &NameError{What: what, Name: kind, Err: errors.New("it begins with an underscore, which is reserved")}
	}
	return nil
}
