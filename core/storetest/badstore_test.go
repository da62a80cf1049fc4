package storetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core"
)

// taking makes a store accept an expectation that is not met, if it looks right.
func taking(looksRight func(expected, actual uint64) bool) func(m *mutant) {
	return func(m *mutant) {
		eachCommit(func(c *commit) {
			expected, ok := c.Expected.Position()
			v, _ := m.memoryStore.Version(context.Background(), c.Key)
			actual, _ := v.Position()
			if ok && looksRight(expected, actual) {
				c.Unchecked = true
			}
		})(m)
	}
}

// versionsOfStore compares expectations with the version of the whole store.
func versionsOfStore(m *mutant) {
	m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
		latest, _ := m.memoryStore.LatestVersion(ctx)
		for i, c := range commits {
			if !c.Unchecked && !c.Expected.IsZero() && c.Expected != latest {
				return nil, &core.CommitError{Index: i, Err: &conflict{Expected: c.Expected, Actual: latest}}
			}
		}
		return m.memoryStore.Commit(ctx, commits...)
	}
}

func encodeErrors(change func(e *core.EncodeError)) func(m *mutant) {
	return eachError(func(err error) error {
		if e, ok := errors.AsType[*core.EncodeError](err); ok {
			change(e)
		}
		return err
	})
}

// prefixes reads events whose kinds begin with those of the filters.
func prefixes(ctx context.Context, m *mutant, filters []filter) events {
	return func(yield func(event, error) bool) {
		for e, err := range m.memoryStore.LoadEvents(ctx, filter{}) {
			if err == nil && !slices.ContainsFunc(filters, func(f filter) bool {
				return strings.HasPrefix(e.Kind, f.EventKind) && (f.Aggregate == nil || *f.Aggregate == e.Key)
			}) {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// oneByOne reads what each filter selects.
func oneByOne(ctx context.Context, m *mutant, filters []filter, merged, once bool) events {
	return func(yield func(event, error) bool) {
		var all []event
		for _, f := range filters {
			for e, err := range m.memoryStore.LoadEvents(ctx, f) {
				if err != nil {
					yield(e, err)
					return
				}
				if !once || !slices.ContainsFunc(all, func(other event) bool { return other.Position == e.Position }) {
					all = append(all, e)
				}
			}
		}
		if merged {
			slices.SortStableFunc(all, func(a, b event) int { return m.memoryStore.ComparePositions(a.Position, b.Position) })
		}
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// until reads events up to a position.
func until(ctx context.Context, m *mutant, filters []filter, end uint64) events {
	return func(yield func(event, error) bool) {
		for e, err := range m.memoryStore.LoadEvents(ctx, filters...) {
			if e.Position > end || !yield(e, err) {
				return
			}
		}
	}
}

// stale reads the store as it was before the last commit, unless that is among
// the first events.
func stale(m *mutant) {
	var last atomic.Uint64
	m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
		latest, _ := m.memoryStore.LatestVersion(ctx)
		before, _ := latest.Position()
		last.Store(max(before, 8))
		return m.memoryStore.Commit(ctx, commits...)
	}
	m.load = func(ctx context.Context, filters ...filter) events { return until(ctx, m, filters, last.Load()) }
}

// torn shows a commit without its last events for a while.
func torn(m *mutant) {
	var mu sync.Mutex
	var visible atomic.Uint64
	m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
		mu.Lock()
		defer mu.Unlock()
		answers, err := m.memoryStore.Commit(ctx, commits...)
		if err == nil {
			end := answers[len(answers)-1].Position
			visible.Store(end - 1)
			<-time.After(time.Millisecond)
			visible.Store(end)
		}
		return answers, err
	}
	m.load = func(ctx context.Context, filters ...filter) events { return until(ctx, m, filters, visible.Load()) }
}

// resuming begins a read where the last one was broken off.
func resuming(m *mutant) {
	var broken atomic.Uint64
	m.load = func(ctx context.Context, filters ...filter) events {
		return func(yield func(event, error) bool) {
			begin := broken.Swap(0)
			for e, err := range m.memoryStore.LoadEvents(ctx, filters...) {
				if e.Position <= begin && err == nil {
					continue
				}
				if !yield(e, err) {
					broken.Store(e.Position)
					return
				}
			}
		}
	}
}

// following reads on when something was written meanwhile.
func following(m *mutant) {
	m.load = func(ctx context.Context, filters ...filter) events {
		return func(yield func(event, error) bool) {
			for last, more := uint64(0), true; more; {
				more = false
				for e, err := range m.memoryStore.LoadEvents(ctx, filters...) {
					if err == nil && e.Position <= last {
						continue
					}
					if !yield(e, err) || err != nil {
						return
					}
					last, more = e.Position, true
				}
			}
		}
	}
}

// shared gives all readers the same data.
func shared(m *mutant) {
	var data sync.Map
	eachEvent(func(e *event) {
		kept, _ := data.LoadOrStore(e.Position, e.Data)
		e.Data = kept.([]byte)
	})(m)
}

// leaping compares versions, and commits a while later.
func leaping(m *mutant) {
	m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
		unchecked := slices.Clone(commits)
		for i, c := range commits {
			actual, err := m.memoryStore.Version(ctx, c.Key)
			if err == nil && !c.Unchecked && actual != c.Expected {
				return nil, &core.CommitError{Index: i, Err: &conflict{Expected: c.Expected, Actual: actual}}
			}
			unchecked[i].Unchecked = true
		}
		<-time.After(time.Millisecond)
		return m.memoryStore.Commit(ctx, unchecked...)
	}
}

// losing makes an unchecked commit at the version it finds, and does not look
// whether that went well.
func losing(m *mutant) {
	m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
		if len(commits) != 1 || !commits[0].Unchecked {
			return m.memoryStore.Commit(ctx, commits...)
		}
		c := commits[0]
		c.Unchecked = false
		c.Expected, _ = m.memoryStore.Version(ctx, c.Key)
		<-time.After(time.Millisecond)
		answers, err := m.memoryStore.Commit(ctx, c)
		if errors.Is(err, core.ErrConflict) {
			return []committed{{Position: 1}}, nil
		}
		return answers, err
	}
}
