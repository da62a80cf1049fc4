package targettest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/jetsource/jetsource/core/readmodel"
)

// Memory is a target in memory, for tests: a table is a map of text. One transaction goes
// on at a time.
type Memory struct {
	lock chan struct{} // has an element while no transaction goes on

	mu    sync.Mutex // guards the field below
	state memoryState
}

// memoryState is all that is committed. A state is changed in a copy.
type memoryState struct {
	tables   map[string]map[string]string
	progress map[readmodel.Layout]readmodel.Progress
	parked   map[readmodel.Layout][]readmodel.Parked
	promoted map[string]int
}

var _ readmodel.Target[*Tx] = (*Memory)(nil)

// NewMemory returns an empty target.
func NewMemory() *Memory {
	m := &Memory{lock: make(chan struct{}, 1), state: memoryState{
		tables:   make(map[string]map[string]string),
		progress: make(map[readmodel.Layout]readmodel.Progress),
		parked:   make(map[readmodel.Layout][]readmodel.Parked),
		promoted: make(map[string]int),
	}}
	m.lock <- struct{}{}
	return m
}

func (s memoryState) clone() memoryState {
	c := memoryState{make(map[string]map[string]string), maps.Clone(s.progress), make(map[readmodel.Layout][]readmodel.Parked), maps.Clone(s.promoted)}
	for name, rows := range s.tables {
		c.tables[name] = maps.Clone(rows)
	}
	for layout, parked := range s.parked {
		c.parked[layout] = slices.Clone(parked)
	}
	return c
}

func (m *Memory) committed() memoryState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

// Rows returns a table of a layout, as it is committed.
func (m *Memory) Rows(layout readmodel.Layout, table string) map[string]string {
	return maps.Clone(m.committed().tables[layout.Table(table)])
}

// Begin waits until no other transaction goes on.
func (m *Memory) Begin(ctx context.Context, layout readmodel.Layout) (readmodel.Transaction[*Tx], error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case <-m.lock:
		return &Tx{target: m, layout: layout, state: m.committed().clone(), ctx: ctx}, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// update commits what change does.
func (m *Memory) update(ctx context.Context, change func(*memoryState) error) error {
	tx, err := m.Begin(ctx, readmodel.Layout{})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := change(&tx.Tx().state); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// Progress returns the progress of a layout.
func (m *Memory) Progress(ctx context.Context, layout readmodel.Layout) (readmodel.Progress, bool, error) {
	p, ok := m.committed().progress[layout]
	return p, ok, ctx.Err()
}

// Parked returns the parked events of a layout.
func (m *Memory) Parked(ctx context.Context, layout readmodel.Layout) ([]readmodel.Parked, error) {
	return m.committed().parked[layout], ctx.Err()
}

// Promoted returns the version of a model that readers see.
func (m *Memory) Promoted(ctx context.Context, model string) (int, error) {
	return m.committed().promoted[model], ctx.Err()
}

// Promote has readers see a layout.
func (m *Memory) Promote(ctx context.Context, layout readmodel.Layout, check func(now, before readmodel.Progress) error) error {
	return m.update(ctx, func(s *memoryState) error {
		now, ok := s.progress[layout]
		if !ok {
			return readmodel.ErrNoProgress
		}
		if err := check(now, s.progress[readmodel.Layout{Model: layout.Model, Version: s.promoted[layout.Model]}]); err != nil {
			return err
		}
		s.promoted[layout.Model] = layout.Version
		return nil
	})
}

// Drop removes a layout.
func (m *Memory) Drop(ctx context.Context, layout readmodel.Layout) error {
	return m.update(ctx, func(s *memoryState) error {
		if s.promoted[layout.Model] == layout.Version {
			return readmodel.ErrServing
		}
		delete(s.progress, layout)
		delete(s.parked, layout)
		maps.DeleteFunc(s.tables, func(name string, _ map[string]string) bool {
			return len(name) > len(layout.Prefix()) && name[:len(layout.Prefix())] == layout.Prefix()
		})
		return nil
	})
}

// ErrBusy is an error that Unavailable reports.
var ErrBusy = errors.New("target is busy")

// Unavailable reports whether err is [ErrBusy].
func (m *Memory) Unavailable(err error) bool { return errors.Is(err, ErrBusy) }
