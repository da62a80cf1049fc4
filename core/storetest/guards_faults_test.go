package storetest_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jetsource/jetsource/core"
)

// guardFaults are mistakes with commits that guard an aggregate.
var guardFaults = []fault{
	{"ignores guards", "a guard that is broken writes nothing and says which", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			return commitUnguarded(ctx, m, commits)
		}
	}},
	{"ignores guards beside system entries", "a guard holds beside system entries", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			if entries, _ := split(commits); len(entries) > 0 {
				return commitUnguarded(ctx, m, commits)
			}
			return m.memoryStore.Commit(ctx, commits...)
		}
	}},
	{"takes a guard of what it writes", "a guard and a commit of one aggregate are refused together", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			if err := core.ValidateAll(commits); !errors.Is(err, core.ErrSameAggregate) || !slices.ContainsFunc(commits, commit.IsGuard) {
				return m.memoryStore.Commit(ctx, commits...)
			}
			return m.memoryStore.Commit(ctx, slices.DeleteFunc(slices.Clone(commits), commit.IsGuard)...)
		}
	}},
	{"records an event for a guard", "a guard that holds records nothing of its own", eachCommit(func(c *commit) {
		if c.IsGuard() {
			c.Events = []core.Event{kind("guarded")}
		}
	})},
	{"answers a guard with no position", "a guard that holds records nothing of its own", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			answers, err := m.memoryStore.Commit(ctx, commits...)
			for i := range answers {
				if commits[i].IsGuard() {
					answers[i].Position = 0
				}
			}
			return answers, err
		}
	}},
	{"does not say which guard is broken", "a guard that is broken writes nothing and says which", eachError(func(err error) error {
		if fault, ok := errors.AsType[*core.CommitError](err); ok && errors.Is(err, core.ErrConflict) {
			fault.Index = fault.Count - 1
		}
		return err
	})},
	{"takes guards alone", "guards alone are refused", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			if !slices.ContainsFunc(commits, func(c commit) bool { return !c.IsGuard() }) {
				return make([]committed, len(commits)), nil
			}
			return m.memoryStore.Commit(ctx, commits...)
		}
	}},
	{"checks guards before it writes, and not when", "of two that guard what the other writes one wins", func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			for _, c := range commits {
				if v, err := m.memoryStore.Version(ctx, c.Key); c.IsGuard() && (err != nil || v != c.Expected) {
					return m.memoryStore.Commit(ctx, commits...)
				}
			}
			time.Sleep(time.Millisecond) // another one writes meanwhile
			return commitUnguarded(ctx, m, commits)
		}
	}},
}

// commitUnguarded commits without the guards, where there is something else.
func commitUnguarded(ctx context.Context, m *mutant, commits []commit) ([]committed, error) {
	others := slices.DeleteFunc(slices.Clone(commits), commit.IsGuard)
	if len(others) == 0 || len(others) == len(commits) || core.ValidateAll(commits) != nil {
		return m.memoryStore.Commit(ctx, commits...)
	}
	recorded, err := m.memoryStore.Commit(ctx, others...)
	if err != nil {
		return nil, err
	}
	answers := make([]committed, 0, len(commits))
	for _, c := range commits {
		var a committed
		if c.IsGuard() {
			a.Position, _ = c.Expected.Position()
		} else {
			a, recorded = recorded[0], recorded[1:]
		}
		answers = append(answers, a)
	}
	return answers, nil
}
