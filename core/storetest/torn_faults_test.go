package storetest_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
)

// tornFaults are mistakes of stores that a commit was torn in.
var tornFaults = []fault{
	{"reads the beginning of a torn commit", "no read sees an event of a torn commit", loadingTorn(func([]filter) bool { return true })},
	{"reads the beginning of a torn commit by its kind", "no read sees an event of a torn commit", loadingTorn(func(filters []filter) bool {
		return filters[0].EventKind != ""
	})},
	{"reads the beginning of a torn commit by two aggregates", "no read sees an event of a torn commit", loadingTorn(func(filters []filter) bool {
		return len(filters) > 1 && filters[0].Aggregate != nil
	})},
	{"counts a torn commit for a version", "a torn commit moves no version", withTorn(func(m *mutant, torn *memoryStore) {
		m.version = func(ctx context.Context, k key) (at, error) {
			if v, err := torn.Version(ctx, k); err != nil || !v.IsZero() {
				return v, err
			}
			return m.memoryStore.Version(ctx, k)
		}
	})},
	{"has a next version in a torn commit", "a torn commit moves no version", withTorn(func(m *mutant, torn *memoryStore) {
		m.next = func(ctx context.Context, after at, filters ...filter) (at, error) {
			if v, err := m.memoryStore.NextVersion(ctx, after, filters...); err != nil || !v.IsZero() {
				return v, err
			}
			return torn.NextVersion(ctx, at{}, filters...)
		}
	})},
	{"lists the aggregates of a torn commit", "an aggregate of a torn commit alone is not listed", withTorn(func(m *mutant, torn *memoryStore) {
		m.ids = func(ctx context.Context, kind string) iter.Seq2[string, error] { return torn.IDs(ctx, kind) }
	})},
	{"expects the version of a torn commit", "an aggregate goes on from its version before a torn commit", withTorn(func(m *mutant, torn *memoryStore) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			for i, c := range commits {
				actual, _ := torn.Version(ctx, c.Key)
				if !c.Unchecked && !actual.IsZero() && c.Expected != actual {
					return nil, core.FailedCommit(commits, i, &conflict{Expected: c.Expected, Actual: actual})
				}
			}
			return m.memoryStore.Commit(ctx, commits...)
		}
	})},
	{"takes no commit to an aggregate of a torn one", "an aggregate goes on from its version before a torn commit", withTorn(func(m *mutant, torn *memoryStore) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			for _, c := range commits {
				if v, _ := torn.Version(ctx, c.Key); !v.IsZero() {
					return nil, errors.New("the chain is broken")
				}
			}
			return m.memoryStore.Commit(ctx, commits...)
		}
	})},
	{"keeps the parts of a torn commit that are whole", "a commit torn between aggregates is void for all of them", keepingWhole(func(c commit) bool {
		return c.Entry == nil
	})},
	{"keeps the entries of a torn commit", "a system entry of a torn commit is void", keepingWhole(func(c commit) bool { return c.Entry != nil })},
	{"has the last entry in a torn commit", "a system entry of a torn commit is void", withTorn(func(m *mutant, torn *memoryStore) {
		m.lastEntry = func(ctx context.Context, key entryKey) (entry, bool, error) {
			if e, ok, err := torn.LastEntry(ctx, key); ok || err != nil {
				return e, ok, err
			}
			return m.memoryStore.LastEntry(ctx, key)
		}
	})},
	{"follows the beginning of a torn commit", "a subscription passes over a torn commit", withTorn(followingTorn)},
	{"waits for the end of a torn commit in a subscription", "a subscription passes over a torn commit", waitingForEnd},
	{"gives positions again after a torn commit", "what is committed after a torn commit comes at higher positions, in order", goingBack},
	{"is at a version that it never reached after a torn commit", "what is committed after a torn commit comes at higher positions, in order", withTorn(func(m *mutant, torn *memoryStore) {
		m.latest = func(ctx context.Context) (at, error) {
			v, err := m.memoryStore.LatestVersion(ctx)
			p, ok := v.Position()
			if lost, _ := torn.LatestVersion(ctx); !ok || lost.IsZero() || err != nil {
				return v, err
			}
			return core.At(p + 10), nil
		}
	})},
}

// kept returns the commits that hold the first of the messages of several.
func kept(keep int, commits []commit) []commit {
	var first []commit
	for _, c := range commits {
		c.Unchecked = true
		n := max(1, len(c.Events))
		if keep == 0 {
			break
		}
		if c.Entry == nil {
			c.Events = c.Events[:min(n, keep)]
		}
		keep -= min(n, keep)
		first = append(first, c)
	}
	return first
}

// withTorn changes a store, given another with what torn commits have recorded.
func withTorn(change func(m *mutant, torn *memoryStore)) func(m *mutant) {
	return func(m *mutant) {
		torn, tear := memory.New[string, fakes.Text](), m.tear
		m.tear = func(t *testing.T, keep int, commits ...commit) {
			t.Helper()
			tear(t, keep, commits...)
			if _, err := torn.Commit(t.Context(), kept(keep, commits)...); err != nil {
				t.Fatal(err)
			}
		}
		change(m, torn)
	}
}

// loadingTorn reads events of torn commits after the others, by some filters.
func loadingTorn(sees func(filters []filter) bool) func(m *mutant) {
	return withTorn(func(m *mutant, torn *memoryStore) {
		m.load = func(ctx context.Context, filters ...filter) events {
			return func(yield func(event, error) bool) {
				for e, err := range m.memoryStore.LoadEvents(ctx, filters...) {
					if !yield(e, err) || err != nil {
						return
					}
				}
				if len(filters) > 0 && sees(filters) {
					torn.LoadEvents(ctx, filters...)(yield)
				}
			}
		}
	})
}

// keepingWhole records those commits of a torn one that have all their messages.
func keepingWhole(keeps func(c commit) bool) func(m *mutant) {
	return func(m *mutant) {
		tear := m.tear
		m.tear = func(t *testing.T, keep int, commits ...commit) {
			t.Helper()
			tear(t, keep, commits...)
			for i, c := range kept(keep, commits) {
				if len(c.Events) < len(commits[i].Events) || !keeps(c) {
					continue
				}
				if _, err := m.memoryStore.Commit(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// followingTorn gives the events of torn commits before those that come after them.
func followingTorn(m *mutant, torn *memoryStore) {
	m.subscribe = func(ctx context.Context, filters ...filter) events {
		return func(yield func(event, error) bool) {
			given := uint64(0)
			for e, err := range m.memoryStore.Subscribe(ctx, filters...) {
				for lost, err := range torn.LoadEvents(ctx, filters...) {
					if lost.Position > given && !yield(lost, err) {
						return
					}
					given = max(given, lost.Position)
				}
				if !yield(e, err) {
					return
				}
			}
		}
	}
}

// waitingForEnd gives no event after a torn commit to a subscription.
func waitingForEnd(m *mutant) {
	var last atomic.Uint64 // the position before the torn commit; 0 if there is none
	tear := m.tear
	m.tear = func(t *testing.T, keep int, commits ...commit) {
		t.Helper()
		latest, _ := m.memoryStore.LatestVersion(t.Context())
		before, _ := latest.Position()
		last.CompareAndSwap(0, before)
		tear(t, keep, commits...)
	}
	m.subscribe = func(ctx context.Context, filters ...filter) events {
		return func(yield func(event, error) bool) {
			for e, err := range m.memoryStore.Subscribe(ctx, filters...) {
				if before := last.Load(); err == nil && before > 0 && e.Position > before {
					<-ctx.Done()
					return
				}
				if !yield(e, err) {
					return
				}
			}
		}
	}
}

// goingBack gives the commit after a torn one the position before it.
func goingBack(m *mutant) {
	var back atomic.Uint64 // how far
	var end atomic.Uint64  // the last position that stays as it was
	tear := m.tear
	m.tear = func(t *testing.T, keep int, commits ...commit) {
		t.Helper()
		latest, _ := m.memoryStore.LatestVersion(t.Context())
		before, _ := latest.Position()
		tear(t, keep, commits...)
		if back.CompareAndSwap(0, uint64(keep)+1) {
			end.Store(before)
		}
	}
	shifted := func(position uint64) uint64 {
		if position > end.Load() {
			return position - back.Load()
		}
		return position
	}
	eachEvent(func(e *event) { e.Position = shifted(e.Position) })(m)
	m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
		answers, err := m.memoryStore.Commit(ctx, commits...)
		for i := range answers {
			answers[i].Position = shifted(answers[i].Position)
		}
		return answers, err
	}
}
