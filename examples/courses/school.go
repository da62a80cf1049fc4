package main

import (
	"context"

	"github.com/jetsource/jetsource/core"
)

// Store is what the school needs of a store.
type Store = core.SystemStore[string, uint64, core.NoMetadata]

// school keeps courses and students.
type school struct {
	store    Store
	courses  *core.Repository[Course, string, uint64, core.NoMetadata]
	students *core.Repository[Student, string, uint64, core.NoMetadata]
}

func newSchool(store Store) *school {
	return &school{store, core.NewRepository(store, course), core.NewRepository(store, student)}
}

// enrol has a student join a course. Both limits hold together: there is a seat, and the
// student has room. If either changes while the other is looked at, it is decided again.
// A transaction with a command id counts once, however often it is sent.
func (s *school) enrol(ctx context.Context, who, where string) error {
	_, err := core.Transact(ctx, s.store, func(ctx context.Context, tx *core.Tx) error {
		if err := s.students.In(tx).Update(ctx, who, Join{Course: where}); err != nil {
			return err
		}
		return s.courses.In(tx).Update(ctx, where, TakeSeat{Student: who})
	}, core.Retries(100))
	return err
}
