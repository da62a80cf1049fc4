package core

import (
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core/internal/fold"
)

// This file is for authors of stores.

// Validate returns the first mistake that no store accepts: [ErrNoEvents] for a commit
// that is unchecked, a [NameError] for the aggregate's kind, or an [EncodeError] for an
// event that is nil, a nil pointer, or of an impossible kind. Stores call it before they
// write anything.
func (c Commit[ID, Pos, M]) Validate() error {
	if c.Entry != nil {
		return c.Entry.validate(len(c.Events))
	}
	if err := CheckKind("aggregate kind", c.Key.Kind); err != nil {
		return err
	}
	if len(c.Events) == 0 && c.Unchecked {
		return ErrNoEvents
	}
	for i, e := range c.Events {
		if text := fold.Nil(e); text != "" {
			return &EncodeError{Index: i, Err: errors.New("event is " + text)}
		}
		if err := CheckKind("event kind", e.EventKind()); err != nil {
			return &EncodeError{Index: i, Kind: e.EventKind(), Err: err}
		}
	}
	return nil
}

// ValidateAll validates commits that are to be recorded together: each of them, that
// they are of different aggregates, and that there is at least one that is no guard. A
// mistake in one of them is a [CommitError] that names it.
func ValidateAll[ID, Pos comparable, M any](commits []Commit[ID, Pos, M]) error {
	if len(commits) == 0 {
		return ErrNoEvents
	}
	guards := 0
	aggregates := make(map[Key[ID]]bool, len(commits))
	entries := make(map[EntryKey]bool)
	for i, c := range commits {
		err := c.Validate()
		if err == nil && (c.Entry != nil && entries[c.Entry.Key] || c.Entry == nil && aggregates[c.Key]) {
			err = ErrSameAggregate
		}
		if err != nil {
			return FailedCommit(commits, i, err)
		}
		if c.IsGuard() {
			guards++
		}
		if c.Entry != nil {
			entries[c.Entry.Key] = true
		} else {
			aggregates[c.Key] = true
		}
	}
	if guards == len(commits) {
		return FailedCommit(commits, 0, ErrNoEvents)
	}
	return nil
}

// FailedCommit returns the [CommitError] of the i-th of some commits.
func FailedCommit[ID, Pos comparable, M any](commits []Commit[ID, Pos, M], i int, err error) error {
	return &CommitError{Index: i, Count: len(commits), Target: commits[i].Target(), Err: err}
}

func (e *Entry) validate(events int) error {
	switch {
	case events > 0:
		return fmt.Errorf("an entry and %d events in one commit", events)
	case e.Key.Kind == "" || e.Key.Kind[0] != '_':
		return &NameError{What: "entry key", Name: e.Key.Kind, Err: errors.New("it does not begin with an underscore")}
	}
	return nil
}

// CheckKind returns a [NameError] unless kind can be the kind of an event or of
// an aggregate: it is not empty, and does not begin with an underscore, for such
// kinds are the library's own. What says which kind it is, for the message. A
// store may refuse more, such as a kind that is too long.
func CheckKind(what, kind string) error {
	if err := fold.CheckKind(kind); err != nil {
		return &NameError{What: what, Name: kind, Err: err}
	}
	return nil
}
