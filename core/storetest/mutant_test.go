package storetest_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
	"github.com/jetsource/jetsource/core/memory"
)

// The types of the store that mutants are made of.
type (
	memoryStore = memory.Store[string, fakes.Text]
	commit      = core.Commit[string, uint64, fakes.Text]
	filter      = core.Filter[string, uint64]
	event       = core.StoredEvent[string, uint64, fakes.Text]
	key         = core.Key[string]
	conflict    = core.ConflictError[uint64]
	events      = iter.Seq2[event, error]
	at          = core.Version[uint64]

	committed = core.Committed[string, uint64, fakes.Text]
	entryKey  = core.EntryKey
	entry     = core.StoredEntry[uint64]
)

// mutant is a memory store with a fault: one of its functions is replaced.
type mutant struct {
	*memoryStore
	commit  func(ctx context.Context, commits ...commit) ([]committed, error)
	load    func(ctx context.Context, filters ...filter) events
	version func(ctx context.Context, key key) (at, error)
	latest  func(ctx context.Context) (at, error)
	compare func(a, b uint64) int
	id      func() string

	subscribe   func(ctx context.Context, filters ...filter) events
	next        func(ctx context.Context, after at, filters ...filter) (at, error)
	distance    func(after, upTo at) uint64
	ids         func(ctx context.Context, kind string) iter.Seq2[string, error]
	lastEntry   func(ctx context.Context, key entryKey) (entry, bool, error)
	loadEntries func(ctx context.Context, key entryKey, from core.Version[uint64]) iter.Seq2[entry, error]
	entryKeys   func(ctx context.Context, kind string) iter.Seq2[entryKey, error]
	tear        func(t *testing.T, keep int, commits ...commit)
}

func newMutant(change func(m *mutant)) core.EventStore[string, uint64, fakes.Text] {
	s := memory.New[string, fakes.Text]()
	m := &mutant{
		s, s.Commit, s.LoadEvents, s.Version, s.LatestVersion, s.ComparePositions, s.StoreID,
		s.Subscribe, s.NextVersion, s.Distance, s.IDs, s.LastEntry, s.LoadEntries, s.EntryKeys,
		func(t *testing.T, keep int, commits ...commit) { t.Helper(); tear(t, s, keep, commits...) },
	}
	change(m)
	return m
}

func (m *mutant) Commit(ctx context.Context, commits ...commit) ([]committed, error) {
	return m.commit(ctx, commits...)
}

func (m *mutant) LoadEvents(ctx context.Context, filters ...filter) events {
	return m.load(ctx, filters...)
}

func (m *mutant) Version(ctx context.Context, key key) (at, error) { return m.version(ctx, key) }

func (m *mutant) LatestVersion(ctx context.Context) (at, error) { return m.latest(ctx) }

func (m *mutant) ComparePositions(a, b uint64) int { return m.compare(a, b) }

func (m *mutant) StoreID() string { return m.id() }

func (m *mutant) Subscribe(ctx context.Context, filters ...filter) events {
	return m.subscribe(ctx, filters...)
}

func (m *mutant) NextVersion(ctx context.Context, after at, filters ...filter) (at, error) {
	return m.next(ctx, after, filters...)
}

func (m *mutant) Distance(after, upTo at) uint64 { return m.distance(after, upTo) }

func (m *mutant) IDs(ctx context.Context, kind string) iter.Seq2[string, error] {
	return m.ids(ctx, kind)
}

func (m *mutant) LastEntry(ctx context.Context, key entryKey) (entry, bool, error) {
	return m.lastEntry(ctx, key)
}

func (m *mutant) LoadEntries(ctx context.Context, key entryKey, from core.Version[uint64]) iter.Seq2[entry, error] {
	return m.loadEntries(ctx, key, from)
}

func (m *mutant) EntryKeys(ctx context.Context, kind string) iter.Seq2[entryKey, error] {
	return m.entryKeys(ctx, kind)
}

// eachCommit changes commits of events on their way into the store.
func eachCommit(change func(c *commit)) func(m *mutant) {
	return func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			commits = slices.Clone(commits)
			for i := range commits {
				if commits[i].Entry == nil {
					change(&commits[i])
				}
			}
			return m.memoryStore.Commit(ctx, commits...)
		}
	}
}

// eachReturned changes the events that a commit returns.
func eachReturned(change func(events []event) []event) func(m *mutant) {
	return func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			answers, err := m.memoryStore.Commit(ctx, commits...)
			for i := range answers {
				if recorded := answers[i].Events; recorded != nil {
					answers[i].Events = func() []event { return change(recorded()) }
				}
			}
			return answers, err
		}
	}
}

// eachError changes the errors of commits.
func eachError(change func(err error) error) func(m *mutant) {
	return func(m *mutant) {
		m.commit = func(ctx context.Context, commits ...commit) ([]committed, error) {
			answers, err := m.memoryStore.Commit(ctx, commits...)
			return answers, change(err)
		}
	}
}

// eachFilter changes filters.
func eachFilter(change func(f *filter)) func(m *mutant) {
	return func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events {
			filters = slices.Clone(filters)
			for i := range filters {
				change(&filters[i])
			}
			return m.memoryStore.LoadEvents(ctx, filters...)
		}
	}
}

// eachEvent changes events on their way out of the store.
func eachEvent(change func(e *event)) func(m *mutant) {
	return func(m *mutant) {
		m.load = func(ctx context.Context, filters ...filter) events {
			return func(yield func(event, error) bool) {
				for e, err := range m.memoryStore.LoadEvents(ctx, filters...) {
					change(&e)
					if !yield(e, err) {
						return
					}
				}
			}
		}
	}
}

// eachKey changes keys wherever they go into the store.
func eachKey(change func(k *key)) func(m *mutant) {
	return func(m *mutant) {
		eachCommit(func(c *commit) { change(&c.Key) })(m)
		eachFilter(func(f *filter) {
			if f.Aggregate != nil {
				k := *f.Aggregate
				change(&k)
				f.Aggregate = &k
			}
		})(m)
		m.version = func(ctx context.Context, k key) (at, error) {
			change(&k)
			return m.memoryStore.Version(ctx, k)
		}
	}
}
