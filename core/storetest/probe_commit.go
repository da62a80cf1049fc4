package storetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// commit records events unchecked and returns the position of the last.
func (p *probe[ID, Pos, M]) commit(key core.Key[ID], events ...core.Event) Pos {
	p.Helper()
	position, err := core.CommitEvents(p.Context(), p.store, key, events, p.Metadata(0))
	if err != nil {
		p.Fatalf("commit %d events to %.80v: %v", len(events), key, err)
	}
	return position
}

// commitAt records events if the aggregate is at the expected version.
func (p *probe[ID, Pos, M]) commitAt(key core.Key[ID], expected core.Version[Pos], events ...core.Event) (Pos, error) {
	return core.CommitEventsOptimistic(p.Context(), p.store, key, expected, events, p.Metadata(0))
}

// record commits, and returns a position for each of the commits.
func (p *probe[ID, Pos, M]) record(ctx context.Context, commits ...core.Commit[ID, Pos, M]) ([]Pos, error) {
	committed, err := p.store.Commit(ctx, commits...)
	if err != nil {
		return nil, err
	}
	if len(committed) != len(commits) {
		return nil, fmt.Errorf("%d commits were recorded at %d positions", len(commits), len(committed))
	}
	positions := make([]Pos, len(committed))
	for i, c := range committed {
		positions[i] = c.Position
	}
	return positions, nil
}

// commitAll commits to a store that takes several commits at once.
func (p *probe[ID, Pos, M]) commitAll(commits ...core.Commit[ID, Pos, M]) ([]Pos, error) {
	p.needAtomic()
	return p.record(p.Context(), commits...)
}

func (p *probe[ID, Pos, M]) version(key core.Key[ID]) core.Version[Pos] {
	p.Helper()
	version, err := p.store.Version(p.Context(), key)
	if err != nil {
		p.Fatalf("version of %.80v: %v", key, err)
	}
	return version
}

func (p *probe[ID, Pos, M]) wantVersion(key core.Key[ID], want core.Version[Pos]) {
	p.Helper()
	if got := p.version(key); got != want {
		p.Fatalf("version of %.80v is %v, want %v", key, got, want)
	}
}

// writesNothing checks that the store holds the same events after do as before.
func (p *probe[ID, Pos, M]) writesNothing(what string, do func()) {
	p.Helper()
	everything := core.Filter[ID, Pos]{}
	before := numbers(p.load(everything))
	do()
	p.wantNumbers("what the store holds after "+what, p.load(everything), before...)
}

// wantConflict checks that err is a conflict with these facts.
func (p *probe[ID, Pos, M]) wantConflict(what string, err error, expected, actual core.Version[Pos]) {
	p.Helper()
	conflict, ok := errors.AsType[*core.ConflictError[Pos]](err)
	switch {
	case !ok:
		p.Errorf("%s: got error %v, want a conflict", what, err)
	case !errors.Is(err, core.ErrConflict):
		p.Errorf("%s: %v does not match core.ErrConflict", what, err)
	case conflict.Expected != expected || conflict.Actual != actual:
		p.Errorf("%s: the conflict is of expected %v and actual %v, want %v and %v",
			what, conflict.Expected, conflict.Actual, expected, actual)
	}
}
