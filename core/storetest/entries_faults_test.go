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

// entryFaults are mistakes of stores that keep system entries.
var entryFaults = []fault{
	{"has the first entry for the last", "system entries come in order, the last is the last", func(m *mutant) {
		m.lastEntry = func(ctx context.Context, key entryKey) (entry, bool, error) {
			for e, err := range m.memoryStore.LoadEntries(ctx, key, core.Version[uint64]{}) {
				return e, err == nil, err
			}
			return m.memoryStore.LastEntry(ctx, key)
		}
	}},
	{"gives entries the newest first", "system entries come in order, the last is the last", func(m *mutant) {
		m.loadEntries = func(ctx context.Context, key entryKey, from core.Version[uint64]) iter.Seq2[entry, error] {
			return func(yield func(entry, error) bool) {
				var all []entry
				for e, err := range m.memoryStore.LoadEntries(ctx, key, from) {
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
	{"reads entries from the beginning", "system entries are read from a version on", func(m *mutant) {
		m.loadEntries = func(ctx context.Context, key entryKey, _ core.Version[uint64]) iter.Seq2[entry, error] {
			return m.memoryStore.LoadEntries(ctx, key, core.Version[uint64]{})
		}
	}},
	{"leaves out the entry to read from", "system entries are read from a version on", func(m *mutant) {
		m.loadEntries = func(ctx context.Context, key entryKey, from core.Version[uint64]) iter.Seq2[entry, error] {
			if at, ok := from.Position(); ok {
				from = core.At(at + 1)
			}
			return m.memoryStore.LoadEntries(ctx, key, from)
		}
	}},
	{"lists a key once for each entry", "the keys of a kind that have entries are listed, each once", func(m *mutant) {
		m.entryKeys = func(ctx context.Context, kind string) iter.Seq2[entryKey, error] {
			return func(yield func(entryKey, error) bool) {
				for key, err := range m.memoryStore.EntryKeys(ctx, kind) {
					if err != nil {
						yield(key, err)
						return
					}
					for _, err := range m.memoryStore.LoadEntries(ctx, key, core.Version[uint64]{}) {
						if !yield(key, err) {
							return
						}
					}
				}
			}
		}
	}},
	{"knows entry keys by name alone", "system entries come in order, the last is the last", eachEntryKey(func(k *entryKey) { k.Kind = "_any" })},
	{"hands out the data of an entry that it keeps", "the data of a system entry is its reader's own", func(m *mutant) {
		var data sync.Map
		m.loadEntries = func(ctx context.Context, key entryKey, from core.Version[uint64]) iter.Seq2[entry, error] {
			return func(yield func(entry, error) bool) {
				for e, err := range m.memoryStore.LoadEntries(ctx, key, from) {
					kept, _ := data.LoadOrStore(e.Position, e.Data)
					e.Data = kept.([]byte)
					if !yield(e, err) {
						return
					}
				}
			}
		}
	}},
	{"shows entries to readers", "no filter selects a system entry", func(m *mutant) {
		eachEntryCall(func(entries, commits []commit) ([]commit, []commit) {
			shown := commit{Key: key{Kind: "shown"}, Unchecked: true}
			for _, e := range entries {
				shown.Events = append(shown.Events, kind(e.Entry.Kind))
			}
			return entries, append(slices.Clip(commits), shown)
		})(m)
	}},
	{"follows entries", "no filter selects a system entry", func(m *mutant) {
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
	{"counts events alone for its latest version", "a system entry moves the latest version and no other", func(m *mutant) {
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
	{"takes an entry at any version", "a system entry expects the version of its key", eachEntry(func(e *commit) { e.Unchecked = true })},
	{"takes an entry at the version of another key", "a system entry expects the version of its key", func(m *mutant) {
		eachEntry(func(e *commit) {
			last, ok, _ := m.memoryStore.LastEntry(context.Background(), e.Entry.Key)
			if expected, known := e.Expected.Position(); ok && known && expected > last.Position {
				e.Unchecked = true
			}
		})(m)
	}},
	{"checks unchecked entries", "an unchecked system entry takes any version", eachEntry(func(e *commit) { e.Unchecked = false })},
	{"records the first of several entries", "system entries of several keys are recorded together", eachEntryCall(func(entries, commits []commit) ([]commit, []commit) {
		return entries[:1], commits
	})},
	{"records entries one by one", "system entries of several keys are recorded together", func(m *mutant) {
		m.commit = func(ctx context.Context, all ...commit) (answers []committed, err error) {
			entries, commits := split(all)
			if len(entries) == 0 {
				return m.memoryStore.Commit(ctx, all...)
			}
			for i, e := range entries {
				a, err := m.memoryStore.Commit(ctx, append([]commit{e}, commits...)...)
				if fault, ok := errors.AsType[*core.CommitError](err); ok {
					fault.Index += i
				}
				if err != nil {
					return nil, err
				}
				answers, commits = append(answers, a...), nil
			}
			return answers, nil
		}
	}},
	{"takes two entries of one key", "two system entries of one key are refused", eachEntryCall(func(entries, commits []commit) ([]commit, []commit) {
		var once []commit
		for _, e := range entries {
			if !slices.ContainsFunc(once, func(other commit) bool { return other.Entry.Key == e.Entry.Key }) {
				once = append(once, e)
			}
		}
		return once, commits
	})},
	{"drops the command ids of commits beside entries", "system entries and commits are recorded together", eachEntryCall(func(entries, commits []commit) ([]commit, []commit) {
		commits = slices.Clone(commits)
		for i := range commits {
			commits[i].CommandID = ""
		}
		return entries, commits
	})},
	{"records commits, then entries", "a conflict of entries or commits writes nothing and says of which", func(m *mutant) {
		m.commit = func(ctx context.Context, all ...commit) ([]committed, error) {
			entries, commits := split(all)
			if len(entries) == 0 || len(commits) == 0 {
				return m.memoryStore.Commit(ctx, all...)
			}
			last, err := m.memoryStore.Commit(ctx, commits...)
			if err != nil {
				return nil, err
			}
			first, err := m.memoryStore.Commit(ctx, entries...)
			return append(first, last...), err
		}
	}},
	{"counts commits from the first of them", "a conflict of entries or commits writes nothing and says of which", countingCommits},
	{"counts bad commits from the first of them", "a bad commit beside system entries writes nothing and is named", countingCommits},
	{"folds the case of entry names", "a hostile entry name is kept apart or refused", eachEntryKey(func(k *entryKey) { k.Name = strings.ToLower(k.Name) })},
	{"looks at an entry key, then leaps", "of many that move an entry key one wins each version", leapingEntries},
	{"looks at an entry key, then leaps with commits", "of many that commit beside an entry key one wins each version", leapingEntries},
	{"records entries without end of context", "an entry call whose context has ended says so", func(m *mutant) {
		m.commit = func(ctx context.Context, all ...commit) ([]committed, error) {
			if entries, _ := split(all); len(entries) > 0 {
				ctx = context.WithoutCancel(ctx)
			}
			return m.memoryStore.Commit(ctx, all...)
		}
	}},
	{"ends a read of entries with its context, silently", "an entry call whose context has ended says so", func(m *mutant) {
		m.loadEntries = func(ctx context.Context, key entryKey, from core.Version[uint64]) iter.Seq2[entry, error] {
			return func(yield func(entry, error) bool) {
				for e, err := range m.memoryStore.LoadEntries(ctx, key, from) {
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

// split returns the commits of entries and those of events. The rules put entries
// first.
func split(all []commit) (entries, commits []commit) {
	for _, c := range all {
		if c.Entry != nil {
			entries = append(entries, c)
		} else {
			commits = append(commits, c)
		}
	}
	return entries, commits
}

// eachEntryCall changes what is recorded by a call with entries.
func eachEntryCall(change func(entries, commits []commit) ([]commit, []commit)) func(m *mutant) {
	return func(m *mutant) {
		m.commit = func(ctx context.Context, all ...commit) ([]committed, error) {
			entries, commits := split(all)
			if len(entries) == 0 {
				return m.memoryStore.Commit(ctx, all...)
			}
			entries, commits = change(entries, commits)
			answers, err := m.memoryStore.Commit(ctx, slices.Concat(entries, commits)...)
			for err == nil && len(answers) < len(all) {
				answers = append(answers, answers[0])
			}
			return answers[:min(len(answers), len(all))], err
		}
	}
}

// eachEntry changes entries on their way into the store.
func eachEntry(change func(e *commit)) func(m *mutant) {
	return eachEntryCall(func(entries, commits []commit) ([]commit, []commit) {
		for i := range entries {
			changed := *entries[i].Entry
			entries[i].Entry = &changed
			change(&entries[i])
		}
		return entries, commits
	})
}

// eachEntryKey changes the keys of entries wherever they go into the store.
func eachEntryKey(change func(k *entryKey)) func(m *mutant) {
	return func(m *mutant) {
		eachEntry(func(e *commit) { change(&e.Entry.Key) })(m)
		m.lastEntry = func(ctx context.Context, key entryKey) (entry, bool, error) {
			change(&key)
			return m.memoryStore.LastEntry(ctx, key)
		}
		m.loadEntries = func(ctx context.Context, key entryKey, from core.Version[uint64]) iter.Seq2[entry, error] {
			change(&key)
			return m.memoryStore.LoadEntries(ctx, key, from)
		}
	}
}

// countingCommits does not count the entries before the commits.
func countingCommits(m *mutant) {
	m.commit = func(ctx context.Context, all ...commit) ([]committed, error) {
		entries, _ := split(all)
		answers, err := m.memoryStore.Commit(ctx, all...)
		if fault, ok := errors.AsType[*core.CommitError](err); ok && fault.Index >= len(entries) {
			fault.Index -= len(entries)
		}
		return answers, err
	}
}

// leapingEntries compares the version of an entry's key, and records a while
// later.
func leapingEntries(m *mutant) {
	m.commit = func(ctx context.Context, all ...commit) ([]committed, error) {
		unchecked := slices.Clone(all)
		for i, c := range all {
			if c.Entry == nil {
				continue
			}
			last, ok, err := m.memoryStore.LastEntry(ctx, c.Entry.Key)
			var actual at
			if ok {
				actual = core.At(last.Position)
			}
			if err == nil && !c.Unchecked && actual != c.Expected {
				return nil, core.FailedCommit(all, i, &conflict{Expected: c.Expected, Actual: actual})
			}
			unchecked[i].Unchecked = true
		}
		<-time.After(time.Millisecond)
		return m.memoryStore.Commit(ctx, unchecked...)
	}
}
