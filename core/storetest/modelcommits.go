package storetest

import (
	"errors"
	"slices"
	"strconv"

	"github.com/jetsource/jetsource/core"
)

// proposal returns a random commit, and the number of the metadata that it
// carries. Its expectation is often right.
func (m *model[ID, Pos, M]) proposal() (core.Commit[ID, Pos, M], int) {
	metadata := m.random.IntN(4)
	c := core.Commit[ID, Pos, M]{Key: m.anyKey(), Metadata: m.Metadata(metadata)}
	for range 1 + m.random.IntN(4) {
		m.next++
		c.Events = append(c.Events, []core.Event{noted{Number: m.next}, counted{m.next}, kinded{"storetest.third", m.next}}[m.random.IntN(3)])
	}
	c.Expected = m.versionOf(c.Key)
	switch m.random.IntN(6) {
	case 0, 1:
		c.Unchecked, c.Expected = true, core.Version[Pos]{}
	case 2:
		c.Expected = m.anyVersion()
	case 3:
		c.Expected = m.versionOf(m.anyKey())
	}
	return c, metadata
}

// anyVersion returns a version that some aggregate was at.
func (m *model[ID, Pos, M]) anyVersion() core.Version[Pos] {
	if len(m.log) == 0 {
		return core.Version[Pos]{}
	}
	return m.log[m.random.IntN(len(m.log))].position
}

func (m *model[ID, Pos, M]) commitOne() {
	c, metadata := m.proposal()
	actual := m.versionOf(c.Key)
	bad := -1
	if m.random.IntN(10) == 0 {
		bad, c.Expected = m.random.IntN(len(c.Events)), actual
		c.Events[bad] = unencodable{make(chan int)}
	}
	var position Pos
	var err error
	if c.Unchecked {
		position, err = core.CommitEvents(m.Context(), m.store, c.Key, c.Events, c.Metadata)
	} else {
		position, err = core.CommitEventsOptimistic(m.Context(), m.store, c.Key, c.Expected, c.Events, c.Metadata)
	}
	switch {
	case bad >= 0:
		if fault, ok := errors.AsType[*core.EncodeError](err); !ok || fault.Index != bad {
			m.Errorf("a commit whose event %d is bad: error %v", bad, err)
		}
	case !c.Unchecked && c.Expected != actual:
		m.wantConflict("a commit", err, c.Expected, actual)
	case err != nil:
		m.Errorf("a commit of %d events: %v", len(c.Events), err)
	default:
		m.append(c, metadata, 0, position)
	}
}

func (m *model[ID, Pos, M]) commitSeveral() {
	if !m.atomic() {
		return
	}
	var commits []core.Commit[ID, Pos, M]
	var metadata []int
	conflicts := make(map[int]bool)
	for range 1 + m.random.IntN(3) {
		c, number := m.proposal()
		if slices.ContainsFunc(commits, func(other core.Commit[ID, Pos, M]) bool { return other.Key == c.Key }) {
			continue
		}
		if m.random.IntN(2) == 0 {
			c.CommandID = strconv.FormatInt(m.next, 36)
		}
		if guard := m.random.IntN(4) == 0 && len(commits) > 0; guard {
			c.Events, c.Unchecked, c.Expected = nil, false, m.versionOf(c.Key)
			if m.random.IntN(3) == 0 {
				c.Expected = m.anyVersion()
			}
		}
		if !c.Unchecked && c.Expected != m.versionOf(c.Key) {
			conflicts[len(commits)] = true
		}
		commits, metadata = append(commits, c), append(metadata, number)
	}
	positions, err := m.commitAll(commits...)
	switch {
	case len(conflicts) > 0:
		fault, ok := errors.AsType[*core.CommitError](err)
		if !ok || !conflicts[fault.Index] {
			m.Fatalf("%d commits together, of which %v conflict: error %v", len(commits), conflicts, err)
		}
		c := commits[fault.Index]
		m.wantConflict("commits together", err, c.Expected, m.versionOf(c.Key))
	case err != nil:
		m.Errorf("%d commits together: %v", len(commits), err)
	default:
		offset := 0
		for i, c := range commits {
			m.append(c, metadata[i], offset, positions[i])
			offset += max(1, len(c.Events)) // a guard has a place, too
		}
	}
}

// append records a commit in the model.
func (m *model[ID, Pos, M]) append(c core.Commit[ID, Pos, M], metadata, offset int, last Pos) {
	for i, event := range c.Events {
		e := entry[ID, Pos]{
			key: c.Key, event: event, metadata: metadata, commandID: c.CommandID, commit: m.steps,
			place: core.CommitInfo{Index: i, Count: len(c.Events), Offset: offset},
		}
		if i == len(c.Events)-1 {
			e.position = core.At(last)
		}
		m.log = append(m.log, e)
	}
}
