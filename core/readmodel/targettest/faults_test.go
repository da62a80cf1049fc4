package targettest_test

import (
	"context"
	"slices"

	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/targettest"
)

type check = func(now, before readmodel.Progress) error

// mutant is a target in memory with a fault: one of its functions is replaced.
type mutant struct {
	*targettest.Memory
	begin    func(context.Context, readmodel.Layout) (readmodel.Transaction[tx], error)
	progress func(context.Context, readmodel.Layout) (readmodel.Progress, bool, error)
	parked   func(context.Context, readmodel.Layout) ([]readmodel.Parked, error)
	promote  func(context.Context, readmodel.Layout, check) error
	drop     func(context.Context, readmodel.Layout) error
	see      func(rows map[string]string) map[string]string
}

func newMutant(change func(*mutant)) *mutant {
	memory := targettest.NewMemory()
	m := &mutant{Memory: memory, begin: memory.Begin, progress: memory.Progress, parked: memory.Parked, promote: memory.Promote, drop: memory.Drop}
	m.see = func(rows map[string]string) map[string]string { return rows }
	change(m)
	return m
}

func (m *mutant) Begin(ctx context.Context, l readmodel.Layout) (readmodel.Transaction[tx], error) {
	return m.begin(ctx, l)
}

func (m *mutant) Progress(ctx context.Context, l readmodel.Layout) (readmodel.Progress, bool, error) {
	return m.progress(ctx, l)
}

func (m *mutant) Parked(ctx context.Context, l readmodel.Layout) ([]readmodel.Parked, error) {
	return m.parked(ctx, l)
}

func (m *mutant) Promote(ctx context.Context, l readmodel.Layout, c check) error {
	return m.promote(ctx, l, c)
}

func (m *mutant) Drop(ctx context.Context, l readmodel.Layout) error { return m.drop(ctx, l) }

func (m *mutant) promotedRows(ctx context.Context, model string) (map[string]string, error) {
	version, err := m.Promoted(ctx, model)
	return m.see(m.Rows(readmodel.Layout{Model: model, Version: version}, "rows")), err
}

// faulty is a transaction with a fault.
type faulty struct {
	readmodel.Transaction[tx]
	lock     func(context.Context) (readmodel.Progress, bool, error)
	create   func(context.Context, readmodel.Progress) error
	save     func(context.Context, readmodel.Progress) error
	park     func(context.Context, readmodel.Parked) error
	unpark   func(context.Context, string) (bool, error)
	commit   func(context.Context) error
	rollback func() error
}

func (f *faulty) Lock(ctx context.Context) (readmodel.Progress, bool, error) { return f.lock(ctx) }
func (f *faulty) Create(ctx context.Context, p readmodel.Progress) error     { return f.create(ctx, p) }
func (f *faulty) Save(ctx context.Context, p readmodel.Progress) error       { return f.save(ctx, p) }
func (f *faulty) Park(ctx context.Context, p readmodel.Parked) error         { return f.park(ctx, p) }
func (f *faulty) Unpark(ctx context.Context, position string) (bool, error) {
	return f.unpark(ctx, position)
}
func (f *faulty) Commit(ctx context.Context) error { return f.commit(ctx) }
func (f *faulty) Rollback() error                  { return f.rollback() }

// transactions changes each transaction.
func transactions(change func(m *mutant, l readmodel.Layout, f *faulty)) func(*mutant) {
	return func(m *mutant) {
		m.begin = func(ctx context.Context, l readmodel.Layout) (readmodel.Transaction[tx], error) {
			t, err := m.Memory.Begin(ctx, l)
			if err != nil {
				return nil, err
			}
			f := &faulty{t, t.Lock, t.Create, t.Save, t.Park, t.Unpark, t.Commit, t.Rollback}
			change(m, l, f)
			return f, nil
		}
	}
}

var faults = []struct {
	name   string
	rule   string
	change func(*mutant)
}{
	{"has progress of everything", "a layout that was not begun has no progress", func(m *mutant) {
		m.progress = func(ctx context.Context, l readmodel.Layout) (readmodel.Progress, bool, error) {
			p, _, err := m.Memory.Progress(ctx, l)
			return p, true, err
		}
	}},
	{"forgets the damage", "progress comes back as it was saved", transactions(func(_ *mutant, _ readmodel.Layout, f *faulty) {
		save := f.save
		f.save = func(ctx context.Context, p readmodel.Progress) error {
			p.Damaged = ""
			return save(ctx, p)
		}
	})},
	{"shares progress", "the progress of a layout is its own", func(m *mutant) {
		m.progress = func(ctx context.Context, l readmodel.Layout) (readmodel.Progress, bool, error) {
			l.Version = 1
			return m.Memory.Progress(ctx, l)
		}
	}},
	{"creates over what is there", "a second first progress is an error", transactions(func(_ *mutant, _ readmodel.Layout, f *faulty) {
		f.create = f.save
	})},
	{"loses commits", "what is committed is seen by others, rows and progress", transactions(func(_ *mutant, _ readmodel.Layout, f *faulty) {
		creates := false
		create := f.create
		f.create = func(ctx context.Context, p readmodel.Progress) error {
			creates = true
			return create(ctx, p)
		}
		commit, rollback := f.commit, f.rollback
		f.commit = func(ctx context.Context) error {
			if creates {
				return commit(ctx)
			}
			return rollback()
		}
	})},
	{"writes when the transaction ends", "a function reads what was written before in its transaction", func(*mutant) { readsNothing.Store(true) }},
	{"commits what is rolled back", "what is rolled back was not done", transactions(func(_ *mutant, _ readmodel.Layout, f *faulty) {
		commit, rollback := f.commit, f.rollback
		f.rollback = func() error {
			_ = commit(context.Background())
			return rollback()
		}
	})},
	{"commits what is rolled back, whatever failed", "what is rolled back after a failed statement was not done", endsOnRollback},
	{"writes at once", "nothing is seen before it is committed", transactions(func(_ *mutant, _ readmodel.Layout, f *faulty) {
		save := f.save
		f.save = func(ctx context.Context, p readmodel.Progress) error {
			defer f.Tx().End()
			return save(ctx, p)
		}
		f.rollback = ignoreEnd(f.rollback)
		f.commit = ignoreEndOf(f.commit)
	})},
	{"does not look at the context", "nothing is committed after the context has ended", transactions(func(_ *mutant, _ readmodel.Layout, f *faulty) {
		commit := f.commit
		f.commit = func(ctx context.Context) error {
			if ctx.Err() != nil {
				f.Tx().End()
			}
			return commit(ctx)
		}
	})},
	{"reads progress without a lock", "of two that lock progress one waits or fails", unlocked},
	{"does not notice an end", "a transaction that a function has ended is an error", transactions(func(_ *mutant, _ readmodel.Layout, f *faulty) {
		f.rollback = ignoreEnd(f.rollback)
	})},
	{"parks the last one first", "parked events come back in order", func(m *mutant) {
		m.parked = func(ctx context.Context, l readmodel.Layout) ([]readmodel.Parked, error) {
			parked, err := m.Memory.Parked(ctx, l)
			parked = slices.Clone(parked)
			slices.Reverse(parked)
			return parked, err
		}
	}},
	{"says that it took out what is not there", "an event is taken out once", transactions(func(_ *mutant, _ readmodel.Layout, f *faulty) {
		unpark := f.unpark
		f.unpark = func(ctx context.Context, position string) (bool, error) {
			_, err := unpark(ctx, position)
			return true, err
		}
	})},
	{"parks beside the transaction", "parking is part of the transaction", parksBeside},
	{"promotes the first only", "readers see the layout that was promoted last", func(m *mutant) {
		m.promote = func(ctx context.Context, l readmodel.Layout, c check) error {
			if v, _ := m.Promoted(ctx, l.Model); v > 0 {
				return nil
			}
			return m.Memory.Promote(ctx, l, c)
		}
	}},
	{"shows a copy", "readers see what is written after the promotion", func(m *mutant) {
		var shown map[string]string
		m.promote = func(ctx context.Context, l readmodel.Layout, c check) error {
			shown = m.Rows(l, "rows")
			return m.Memory.Promote(ctx, l, c)
		}
		m.see = func(map[string]string) map[string]string { return shown }
	}},
	{"promotes anything", "a layout that was not begun cannot be promoted", func(m *mutant) {
		m.promote = func(ctx context.Context, l readmodel.Layout, c check) error {
			_ = m.Memory.Promote(ctx, l, c)
			return nil
		}
	}},
	{"promotes whatever the progress is", "a promotion depends on the progress of both layouts", func(m *mutant) {
		m.promote = func(ctx context.Context, l readmodel.Layout, c check) error {
			return m.Memory.Promote(ctx, l, func(now, before readmodel.Progress) error {
				_ = c(now, before)
				return nil
			})
		}
	}},
	{"is empty while it switches", "readers see one layout or the other at any moment", switchesInTwo},
	{"leaves what is dropped", "what is dropped is gone, and can begin again", func(m *mutant) {
		m.drop = func(context.Context, readmodel.Layout) error { return nil }
	}},
	{"drops what readers see", "the layout that readers see is not dropped", func(m *mutant) {
		m.drop = func(ctx context.Context, l readmodel.Layout) error {
			_ = m.Memory.Drop(ctx, l)
			return nil
		}
	}},
	{"keeps progress apart from the rows", "each event is applied once by runners that come and go", progressLate},
}
