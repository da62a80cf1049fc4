package storetest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
)

// reservedFaults are mistakes of stores that keep entries of the library's own.
var reservedFaults = []fault{
	{"has the first entry for the last", "reserved entries come in order, the last is the last", func(m *mutant) {
		m.lastReserved = func(ctx context.Context, key reservedKey) (entry, bool, error) {
			for e, err := range m.memoryStore.LoadEntries(ctx, key) {
				return e, err == nil, err
			}
			return m.memoryStore.LastEntry(ctx, key)
		}
	}},
	{"gives entries the newest first", "reserved entries come in order, the last is the last", func(m *mutant) {
		m.loadReserved = func(ctx context.Context, key reservedKey) iter.Seq2[entry, error] {
			return func(yield func(entry, error) bool) {
				var all []entry
				for e, err := range m.memoryStore.LoadEntries(ctx, key) {
					if err != nil {
						yield(e, err)
						return
					}
					all = append(all, e)
				}
				for _, e := range slices.Backward(all) {
					if !yield(e, nil) {
						return
					}
				}
			}
		}
	}},
	{"knows reserved keys by name alone", "reserved entries come in order, the last is the last", eachReservedKey(func(k *reservedKey) { k.Kind = "_any" })},
	{"hands out the data of an entry that it keeps", "the data of a reserved entry is its reader's own", func(m *mutant) {
		var data sync.Map
		m.loadReserved = func(ctx context.Context, key reservedKey) iter.Seq2[entry, error] {
			return func(yield func(entry, error) bool) {
				for e, err := range m.memoryStore.LoadEntries(ctx, key) {
					kept, _ := data.LoadOrStore(e.Position, e.Data)
					e.Data = kept.([]byte)
					if !yield(e, err) {
						return
					}
				}
			}
		}
	}},
	{"shows entries to readers", "no filter selects a reserved entry", func(m *mutant) {
		eachReservation(func(entries []reservedCommit, commits []commit) ([]reservedCommit, []commit) {
			shown := commit{Key: key{Kind: "shown"}, Unchecked: true}
			for _, e := range entries {
				shown.Events = append(shown.Events, kind(e.Kind))
			}
			return entries, append(slices.Clip(commits), shown)
		})(m)
	}},
	{"follows entries", "no filter selects a reserved entry", func(m *mutant) {
		m.subscribe = func(ctx context.Context, filters ...filter) events {
			return func(yield func(event, error) bool) {
				for e, err := range m.memoryStore.Subscribe(ctx, filters...) {
					if err == nil && e.Commit.Offset > 0 && e.Commit.Count == 1 && !yield(e, nil) || !yield(e, err) {
						return
					}
				}
			}
		}
	}},
	{"counts events alone for its latest version", "a reserved entry moves the latest version and no other", func(m *mutant) {
		m.latest = func(ctx context.Context) (last at, err error) {
			for e, err := range m.memoryStore.LoadEvents(ctx, filter{}) {
				if err != nil {
					return at{}, err
				}
				last = core.At(e.Position)
			}
			return last, ctx.Err()
		}
	}},
	{"takes an entry at any version", "a reserved entry expects the version of its key", eachEntry(func(e *reservedCommit) { e.Unchecked = true })},
	{"takes an entry at the version of another key", "a reserved entry expects the version of its key", func(m *mutant) {
		eachEntry(func(e *reservedCommit) {
			last, ok, _ := m.memoryStore.LastEntry(context.Background(), e.Key)
			if expected, known := e.Expected.Position(); ok && known && expected > last.Position {
				e.Unchecked = true
			}
		})(m)
	}},
	{"checks unchecked entries", "an unchecked reserved entry takes any version", eachEntry(func(e *reservedCommit) { e.Unchecked = false })},
	{"records the first of several entries", "reserved entries of several keys are recorded together", eachReservation(func(entries []reservedCommit, commits []commit) ([]reservedCommit, []commit) {
		return entries[:1], commits
	})},
	{"records entries one by one", "reserved entries of several keys are recorded together", func(m *mutant) {
		m.reserve = func(ctx context.Context, entries []reservedCommit, commits ...commit) (positions []uint64, err error) {
			for i, e := range entries {
				p, err := m.memoryStore.CommitReserved(ctx, []reservedCommit{e}, commits...)
				if fault, ok := errors.AsType[*core.CommitError](err); ok {
					fault.Index += i
				}
				if err != nil {
					return nil, err
				}
				positions, commits = append(positions, p...), nil
			}
			return positions, nil
		}
	}},
	{"takes two entries of one key", "two reserved entries of one key are refused", eachReservation(func(entries []reservedCommit, commits []commit) ([]reservedCommit, []commit) {
		var once []reservedCommit
		for _, e := range entries {
			if !slices.ContainsFunc(once, func(other reservedCommit) bool { return other.Key == e.Key }) {
				once = append(once, e)
			}
		}
		return once, commits
	})},
	{"drops the command ids of commits beside entries", "reserved entries and commits are recorded together", eachReservation(func(entries []reservedCommit, commits []commit) ([]reservedCommit, []commit) {
		commits = slices.Clone(commits)
		for i := range commits {
			commits[i].CommandID = ""
		}
		return entries, commits
	})},
	{"records commits, then entries", "a conflict of entries or commits writes nothing and says of which", func(m *mutant) {
		m.reserve = func(ctx context.Context, entries []reservedCommit, commits ...commit) ([]uint64, error) {
			if len(commits) > 0 {
				if _, err := m.memoryStore.CommitAll(ctx, commits...); err != nil {
					return nil, err
				}
			}
			return m.memoryStore.CommitReserved(ctx, entries)
		}
	}},
	{"counts commits from the first of them", "a conflict of entries or commits writes nothing and says of which", countingCommits},
	{"counts bad commits from the first of them", "a bad commit beside reserved entries writes nothing and is named", countingCommits},
	{"folds the case of reserved names", "a hostile reserved name is kept apart or refused", eachReservedKey(func(k *reservedKey) { k.Name = strings.ToLower(k.Name) })},
	{"looks at a reserved key, then leaps", "of many that move a reserved key one wins each version", leapingReserved},
	{"looks at a reserved key, then leaps with commits", "of many that commit beside a reserved key one wins each version", leapingReserved},
	{"records entries without end of context", "a reserved call whose context has ended says so", func(m *mutant) {
		m.reserve = func(ctx context.Context, entries []reservedCommit, commits ...commit) ([]uint64, error) {
			return m.memoryStore.CommitReserved(context.WithoutCancel(ctx), entries, commits...)
		}
	}},
	{"ends a read of entries with its context, silently", "a reserved call whose context has ended says so", func(m *mutant) {
		m.loadReserved = func(ctx context.Context, key reservedKey) iter.Seq2[entry, error] {
			return func(yield func(entry, error) bool) {
				for e, err := range m.memoryStore.LoadEntries(ctx, key) {
					if err != nil || !yield(e, nil) {
						return
					}
				}
			}
		}
	}},
}

// kind is an event of its own name.
type kind string

func (k kind) EventKind() string { return string(k) }

// eachReservation changes what is recorded together.
func eachReservation(change func([]reservedCommit, []commit) ([]reservedCommit, []commit)) func(m *mutant) {
	return func(m *mutant) {
		m.reserve = func(ctx context.Context, entries []reservedCommit, commits ...commit) ([]uint64, error) {
			count := len(entries)
			entries, commits = change(entries, commits)
			positions, err := m.memoryStore.CommitReserved(ctx, entries, commits...)
			for err == nil && len(positions) < count {
				positions = append(positions, positions[0])
			}
			return positions, err
		}
	}
}

// eachEntry changes entries on their way into the store.
func eachEntry(change func(e *reservedCommit)) func(m *mutant) {
	return eachReservation(func(entries []reservedCommit, commits []commit) ([]reservedCommit, []commit) {
		entries = slices.Clone(entries)
		for i := range entries {
			change(&entries[i])
		}
		return entries, commits
	})
}

// eachReservedKey changes reserved keys wherever they go into the store.
func eachReservedKey(change func(k *reservedKey)) func(m *mutant) {
	return func(m *mutant) {
		eachEntry(func(e *reservedCommit) { change(&e.Key) })(m)
		m.lastReserved = func(ctx context.Context, key reservedKey) (entry, bool, error) {
			change(&key)
			return m.memoryStore.LastEntry(ctx, key)
		}
		m.loadReserved = func(ctx context.Context, key reservedKey) iter.Seq2[entry, error] {
			change(&key)
			return m.memoryStore.LoadEntries(ctx, key)
		}
	}
}

// countingCommits does not count the entries before the commits.
func countingCommits(m *mutant) {
	m.reserve = func(ctx context.Context, entries []reservedCommit, commits ...commit) ([]uint64, error) {
		positions, err := m.memoryStore.CommitReserved(ctx, entries, commits...)
		if fault, ok := errors.AsType[*core.CommitError](err); ok && fault.Index >= len(entries) {
			fault.Index -= len(entries)
		}
		return positions, err
	}
}

// leapingReserved compares the version of a reserved key, and records a while
// later.
func leapingReserved(m *mutant) {
	m.reserve = func(ctx context.Context, entries []reservedCommit, commits ...commit) ([]uint64, error) {
		unchecked := slices.Clone(entries)
		for i, e := range entries {
			last, ok, err := m.memoryStore.LastEntry(ctx, e.Key)
			var actual at
			if ok {
				actual = core.At(last.Position)
			}
			if err == nil && !e.Unchecked && actual != e.Expected {
				return nil, &core.CommitError{Index: i, Err: &conflict{Expected: e.Expected, Actual: actual}}
			}
			unchecked[i].Unchecked = true
		}
		<-time.After(time.Millisecond)
		return m.memoryStore.CommitReserved(ctx, unchecked, commits...)
	}
}
