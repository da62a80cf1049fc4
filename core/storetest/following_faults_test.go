package storetest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jetsource/jetsource/core"
)

// followingFaults are mistakes of stores that can be followed, or listed.
var followingFaults = []fault{
	{"ends at metadata that it cannot decode", "a subscription goes on after metadata that cannot be decoded", failingMetadata},
	{"passes over metadata that it cannot decode", "a subscription goes on after metadata that cannot be decoded", eachFollowed(func(_ *mutant, e event, yield func(event) bool) bool {
		return e.MetadataErr != nil || yield(e)
	})},
	{"misses events committed between history and live", "a subscription gives history and live events without gap or repeat", gapAtTheJoint},
	{"repeats the last event of history", "a subscription gives history and live events without gap or repeat", eachFollowed(func(m *mutant, e event, yield func(event) bool) bool {
		latest, _ := m.memoryStore.LatestVersion(context.Background())
		if !yield(e) {
			return false
		}
		return latest != core.At(e.Position) || e.Position < 30 || yield(e)
	})},
	{"gives events of other aggregates", "a subscription gives what its filters select", eachSubscribed(func(f *filter) {
		if f.EventKind != "" {
			f.Aggregate = nil
		}
	})},
	{"gives an event once for each filter it follows", "a subscription gives what its filters select", twiceByTwoFilters},
	{"begins with the position it should begin after", "a subscription begins after a version or from one", eachSubscribed(func(f *filter) {
		if p, ok := f.After.Position(); ok && f.Aggregate != nil {
			f.After = core.At(p - 1)
		}
	})},
	{"begins all filters where the first does", "a subscription begins after a version or from one", func(m *mutant) {
		m.subscribe = func(ctx context.Context, filters ...filter) events {
			filters = slices.Clone(filters)
			for i := range filters {
				filters[i].After, filters[i].From = filters[0].After, filters[0].From
			}
			return m.memoryStore.Subscribe(ctx, filters...)
		}
	}},
	{"yields what it has fetched, whatever became of the context", "a subscription yields no event after its context has ended", func(m *mutant) {
		m.subscribe = func(ctx context.Context, filters ...filter) events {
			return func(yield func(event, error) bool) {
				for e, err := range m.memoryStore.LoadEvents(context.WithoutCancel(ctx), filters...) {
					if !yield(e, err) {
						return
					}
				}
				<-ctx.Done()
			}
		}
	}},
	{"follows everything if it has no filters", "a subscription without filters gives nothing", func(m *mutant) {
		m.subscribe = func(ctx context.Context, filters ...filter) events {
			if len(filters) == 0 {
				filters = []filter{{}}
			}
			return m.memoryStore.Subscribe(ctx, filters...)
		}
	}},
	{"ends a subscription with an error", "a subscription ends silently with its context", func(m *mutant) {
		m.subscribe = func(ctx context.Context, filters ...filter) events {
			return func(yield func(event, error) bool) {
				for e, err := range m.memoryStore.Subscribe(ctx, filters...) {
					if !yield(e, err) {
						return
					}
				}
				if ctx.Err() != nil {
					yield(event{}, ctx.Err())
				}
			}
		}
	}},
	{"waits for an event before it looks at its context", "a subscription ends silently with its context", func(m *mutant) {
		m.subscribe = func(ctx context.Context, filters ...filter) events {
			if len(filters) == 0 || filters[0].EventKind != "storetest.unheard" {
				return m.memoryStore.Subscribe(ctx, filters...) // others would take long to end
			}
			return func(yield func(event, error) bool) {
				for e, err := range m.memoryStore.Subscribe(context.WithoutCancel(ctx), filters...) {
					if ctx.Err() != nil || !yield(e, err) {
						return
					}
				}
			}
		}
	}},
	{"follows without a look at its context", "a subscription whose context has ended gives nothing", func(m *mutant) {
		m.subscribe = func(ctx context.Context, filters ...filter) events {
			return func(yield func(event, error) bool) {
				for e, err := range m.memoryStore.LoadEvents(context.WithoutCancel(ctx), filters...) {
					if !yield(e, err) || ctx.Err() != nil {
						return
					}
				}
				if ctx.Err() == nil {
					m.memoryStore.Subscribe(ctx, filters...)(yield)
				}
			}
		}
	}},
	{"drops what a slow loop does not take", "a slow loop misses nothing", dropping},
	{"goes on where a broken subscription ended", "a subscription can be broken off and begun again", func(m *mutant) {
		var broken atomic.Uint64
		m.subscribe = func(ctx context.Context, filters ...filter) events {
			return func(yield func(event, error) bool) {
				begin := broken.Swap(0)
				for e, err := range m.memoryStore.Subscribe(ctx, filters...) {
					if err == nil && e.Position <= begin {
						continue
					}
					if !yield(e, err) {
						broken.Store(e.Position)
						return
					}
				}
			}
		}
	}},
	{"leaves a goroutine behind each broken subscription", "a subscription can be broken off and begun again", func(m *mutant) {
		m.subscribe = func(ctx context.Context, filters ...filter) events {
			return func(yield func(event, error) bool) {
				go func() { <-ctx.Done() }()
				m.memoryStore.Subscribe(ctx, filters...)(yield)
			}
		}
	}},
	{"shares live events among subscriptions", "several subscriptions are given the same", func(m *mutant) {
		var taken sync.Map
		eachFollowed(func(_ *mutant, e event, yield func(event) bool) bool {
			if _, gone := taken.LoadOrStore(e.Position, true); gone && (e.Position == 2 || e.Position == 3) {
				return true
			}
			return yield(e)
		})(m)
	}},
	{"waits beyond its end", "a subscription that begins beyond the end of the store is refused", waitingBeyondEnd},
	{"refuses to begin after its last event", "a subscription that begins beyond the end of the store is refused", func(m *mutant) {
		m.subscribe = func(ctx context.Context, filters ...filter) events {
			latest, _ := m.memoryStore.LatestVersion(ctx)
			if slices.ContainsFunc(filters, func(f filter) bool { return !f.After.IsZero() && f.After == latest }) {
				return func(yield func(event, error) bool) { yield(event{}, core.ErrBeyondEnd) }
			}
			return m.memoryStore.Subscribe(ctx, filters...)
		}
	}},
	{"follows what others commit", "what the loop itself commits comes as well", deafToItself},
	{"tells of an event when the next one comes", "an event that comes long after history comes promptly", oneBehind},

	{"has no next version inside a commit", "the next version is that of the first event selected after a version", func(m *mutant) {
		m.next = func(ctx context.Context, after at, filters ...filter) (at, error) {
			for e, err := range m.memoryStore.LoadEvents(ctx, filters...) {
				if p, _ := after.Position(); err != nil || e.Position > p && e.Commit.Index == 0 {
					return core.At(e.Position), err
				}
			}
			return at{}, nil
		}
	}},
	{"answers the version that it was asked about", "the next version is that of the first event selected after a version", func(m *mutant) {
		m.next = func(ctx context.Context, after at, filters ...filter) (at, error) {
			if p, ok := after.Position(); ok {
				after = core.At(p - 1)
			}
			return m.memoryStore.NextVersion(ctx, after, filters...)
		}
	}},
	{"answers the last version for the next", "the next version is that of the first event selected after a version", func(m *mutant) {
		m.next = func(ctx context.Context, after at, filters ...filter) (last at, err error) {
			for e, err := range m.memoryStore.LoadEvents(ctx, filters...) {
				if p, _ := after.Position(); err != nil || e.Position > p {
					last = core.At(e.Position)
				}
			}
			return last, err
		}
	}},
	{"has a next version before where its filters begin", "the next version keeps to the positions of its filters", func(m *mutant) {
		m.next = func(ctx context.Context, after at, filters ...filter) (at, error) {
			filters = slices.Clone(filters)
			for i := range filters {
				filters[i].After, filters[i].From = at{}, at{}
			}
			return m.memoryStore.NextVersion(ctx, after, filters...)
		}
	}},
	{"counts both ends of a distance", "the distance of versions is the number of events between them", func(m *mutant) {
		m.distance = func(after, upTo at) uint64 { return m.memoryStore.Distance(after, upTo) + 1 }
	}},
	{"has a distance below zero", "the distance of versions is the number of events between them", func(m *mutant) {
		m.distance = func(after, upTo at) uint64 {
			a, _ := after.Position()
			b, _ := upTo.Position()
			return b - a
		}
	}},
	{"answers for the next version without end of context", "a question for the next version whose context has ended says so", func(m *mutant) {
		m.next = func(ctx context.Context, after at, filters ...filter) (at, error) {
			return m.memoryStore.NextVersion(context.WithoutCancel(ctx), after, filters...)
		}
	}},

	{"lists an aggregate for each event", "the aggregates of a kind are listed once each", func(m *mutant) {
		m.ids = func(ctx context.Context, kind string) iter.Seq2[string, error] {
			return func(yield func(string, error) bool) {
				for e, err := range m.memoryStore.LoadEvents(ctx, filter{}) {
					if e.Key.Kind == kind && !yield(e.Key.ID, err) {
						return
					}
				}
			}
		}
	}},
	{"lists kinds that begin with the kind", "the aggregates of a kind are listed once each", func(m *mutant) {
		m.ids = func(ctx context.Context, kind string) iter.Seq2[string, error] {
			return func(yield func(string, error) bool) {
				for _, k := range []string{kind, kind + ".other"} {
					for id, err := range m.memoryStore.IDs(ctx, k) {
						if !yield(id, err) {
							return
						}
					}
				}
			}
		}
	}},
	{"lists ids as they can be printed", "a hostile id is listed as it is", func(m *mutant) {
		m.ids = func(ctx context.Context, kind string) iter.Seq2[string, error] {
			return func(yield func(string, error) bool) {
				for id, err := range m.memoryStore.IDs(ctx, kind) {
					if !yield(strings.ToValidUTF8(id, "\ufffd"), err) {
						return
					}
				}
			}
		}
	}},
	{"goes on where a broken list ended", "a list can be broken off", func(m *mutant) {
		var skip atomic.Int64
		m.ids = func(ctx context.Context, kind string) iter.Seq2[string, error] {
			return func(yield func(string, error) bool) {
				n, begin := int64(0), skip.Swap(0)
				for id, err := range m.memoryStore.IDs(ctx, kind) {
					if n++; n <= begin {
						continue
					}
					if !yield(id, err) {
						skip.Store(n)
						return
					}
				}
			}
		}
	}},
	{"ends a list with its context, silently", "a list whose context has ended says so", func(m *mutant) {
		m.ids = func(ctx context.Context, kind string) iter.Seq2[string, error] {
			return func(yield func(string, error) bool) {
				for id, err := range m.memoryStore.IDs(ctx, kind) {
					if err != nil || !yield(id, nil) {
						return
					}
				}
			}
		}
	}},
}

// eachSubscribed changes the filters of subscriptions.
func eachSubscribed(change func(f *filter)) func(m *mutant) {
	return func(m *mutant) {
		m.subscribe = func(ctx context.Context, filters ...filter) events {
			filters = slices.Clone(filters)
			for i := range filters {
				change(&filters[i])
			}
			return m.memoryStore.Subscribe(ctx, filters...)
		}
	}
}

// eachFollowed lets give decide what becomes of the events of a subscription.
func eachFollowed(give func(m *mutant, e event, yield func(event) bool) bool) func(m *mutant) {
	return func(m *mutant) {
		m.subscribe = func(ctx context.Context, filters ...filter) events {
			return func(yield func(event, error) bool) {
				for e, err := range m.memoryStore.Subscribe(ctx, filters...) {
					if err != nil {
						yield(e, err)
						return
					}
					if !give(m, e, func(e event) bool { return yield(e, nil) }) {
						return
					}
				}
			}
		}
	}
}

// gapAtTheJoint reads history, and a while later follows from the end as it is
// then. It does so while others write, not in a store that is still small.
func gapAtTheJoint(m *mutant) {
	m.subscribe = func(ctx context.Context, filters ...filter) events {
		latest, _ := m.memoryStore.LatestVersion(ctx)
		if end, _ := latest.Position(); end < 40 {
			return m.memoryStore.Subscribe(ctx, filters...)
		}
		return func(yield func(event, error) bool) {
			for e, err := range m.memoryStore.LoadEvents(ctx, filters...) {
				if !yield(e, err) {
					return
				}
			}
			<-time.After(time.Millisecond)
			end, _ := m.memoryStore.LatestVersion(ctx)
			filters = slices.Clone(filters)
			for i := range filters {
				filters[i].After = end
			}
			m.memoryStore.Subscribe(ctx, filters...)(yield)
		}
	}
}

// twiceByTwoFilters gives an event that two filters select twice.
func twiceByTwoFilters(m *mutant) {
	m.subscribe = func(ctx context.Context, filters ...filter) events {
		return func(yield func(event, error) bool) {
			for e, err := range m.memoryStore.Subscribe(ctx, filters...) {
				for _, f := range filters {
					if err == nil && (f.EventKind != "" && f.EventKind != e.Kind || f.Aggregate != nil && *f.Aggregate != e.Key) {
						continue
					}
					if !yield(e, err) || err != nil {
						return
					}
				}
			}
		}
	}
}

// dropping holds a hundred events for a loop, and drops others.
func dropping(m *mutant) {
	m.subscribe = func(ctx context.Context, filters ...filter) events {
		return func(yield func(event, error) bool) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			held, failed := make(chan event, 100), make(chan error, 1)
			go func() {
				defer close(held)
				for e, err := range m.memoryStore.Subscribe(ctx, filters...) {
					if err != nil {
						failed <- err
						return
					}
					select {
					case held <- e:
					default:
					}
				}
			}()
			for e := range held {
				if !yield(e, nil) {
					return
				}
			}
			select {
			case err := <-failed:
				yield(event{}, err)
			default:
			}
		}
	}
}

// waitingBeyondEnd follows two filters from wherever it is told to.
func waitingBeyondEnd(m *mutant) {
	m.subscribe = func(ctx context.Context, filters ...filter) events {
		if len(filters) != 2 {
			return m.memoryStore.Subscribe(ctx, filters...)
		}
		return func(yield func(event, error) bool) {
			for e, err := range m.memoryStore.Subscribe(ctx, filters...) {
				if errors.Is(err, core.ErrBeyondEnd) {
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

// deafToItself does not give what was committed while its loop ran.
func deafToItself(m *mutant) {
	m.subscribe = func(ctx context.Context, filters ...filter) events {
		return func(yield func(event, error) bool) {
			var before, after at
			for e, err := range m.memoryStore.Subscribe(ctx, filters...) {
				first, _ := before.Position()
				last, _ := after.Position()
				if err == nil && e.Position > first && e.Position <= last {
					continue
				}
				before, _ = m.memoryStore.LatestVersion(context.Background())
				if !yield(e, err) {
					return
				}
				after, _ = m.memoryStore.LatestVersion(context.Background())
			}
		}
	}
}

// oneBehind keeps an event back until another one comes, once it was idle.
func oneBehind(m *mutant) {
	m.subscribe = func(ctx context.Context, filters ...filter) events {
		return func(yield func(event, error) bool) {
			last, kept := time.Now(), []event(nil)
			for e, err := range m.memoryStore.Subscribe(ctx, filters...) {
				idle := time.Since(last) > 8*time.Millisecond
				last = time.Now()
				if err == nil && idle && len(kept) == 0 {
					kept = append(kept, e)
					continue
				}
				for _, k := range kept {
					if !yield(k, nil) {
						return
					}
				}
				kept = nil
				if !yield(e, err) {
					return
				}
			}
		}
	}
}
