package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/core"
)

// state is what all events together say.
type state struct {
	// files holds every path there ever was, by the id of its aggregate: one that
	// was deleted may come back, and its next event expects the version it is at.
	files map[string]*file

	done    string               // the last git commit that is recorded whole; empty for none
	begun   ImportCommit         // the last part of a commit of which others are missing; zero for none
	version core.Version[uint64] // of the import

	commits, splits, events int
}

// file is the state of one path.
type file struct {
	File
	present bool
	version core.Version[uint64]
}

// load folds the state from all events of the store.
func load(ctx context.Context, s *store) (*state, error) {
	st := &state{files: make(map[string]*file)}
	filters := []core.Filter[string, uint64]{
		{EventKind: FileAdded{}.EventKind()},
		{EventKind: FileModified{}.EventKind()},
		{EventKind: FileDeleted{}.EventKind()},
		{EventKind: ImportCommit{}.EventKind()},
	}
	for stored, err := range s.LoadEvents(ctx, filters...) {
		if err != nil {
			return nil, fmt.Errorf("load events: %w", err)
		}
		event, err := decode(s, stored)
		if err != nil {
			return nil, err
		}
		if err := st.apply(stored.Key.ID, event, core.At(stored.Position)); err != nil {
			return nil, fmt.Errorf("event at %d, of git commit %s: %w", stored.Position, stored.Metadata.Hash, err)
		}
	}
	return st, nil
}

// apply folds one event of the aggregate id. An event that cannot follow those
// before it is an error: something was lost, or recorded twice.
func (st *state) apply(id string, event core.Event, at core.Version[uint64]) error {
	st.events++
	switch e := event.(type) {
	case FileAdded:
		return st.set(id, file{File: File(e), present: true, version: at}, false)
	case FileModified:
		return st.set(id, file{File: File(e), present: true, version: at}, true)
	case FileDeleted:
		return st.set(id, file{File: File(e), present: false, version: at}, true)
	case ImportCommit:
		return st.advance(e, at)
	}
	return fmt.Errorf("unexpected event %T", event)
}

func (st *state) set(id string, f file, wasPresent bool) error {
	if want := fileID(string(f.Path)); id != want {
		return fmt.Errorf("%q lies at %q, not at %q", f.Path, id, want)
	}
	old := st.files[id]
	switch present := old != nil && old.present; {
	case wasPresent && !present:
		return fmt.Errorf("%q is changed or deleted, but does not exist", f.Path)
	case !wasPresent && present:
		return fmt.Errorf("%q is added, but exists", f.Path)
	}
	st.files[id] = &f
	return nil
}

func (st *state) advance(e ImportCommit, at core.Version[uint64]) error {
	if follows := e.Part == st.begun.Part+1 && (e.Part == 1 || e.Hash == st.begun.Hash && e.Parts == st.begun.Parts); !follows {
		return fmt.Errorf("part %d of %s comes after part %d of %s", e.Part, e.Hash, st.begun.Part, st.begun.Hash)
	}
	st.version, st.begun = at, e
	if e.Part == e.Parts {
		st.done, st.begun = e.Hash, ImportCommit{}
		st.commits++
		if e.Parts > 1 {
			st.splits++
		}
	}
	return nil
}

// fileVersion is the version that the next event of a path expects.
func (st *state) fileVersion(id string) core.Version[uint64] {
	if f := st.files[id]; f != nil {
		return f.version
	}
	return core.Version[uint64]{}
}

// hashedPaths counts the paths that go by their hash.
func (st *state) hashedPaths() (n int) {
	for id := range st.files {
		if strings.HasPrefix(id, hashed) {
			n++
		}
	}
	return n
}
