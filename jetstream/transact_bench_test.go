package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// What a transaction, a guard and a unique value cost: each against the commit of the same
// events without it, in turns.
func BenchmarkTransactions(b *testing.B) {
	for _, replicas := range []int{1, 3} {
		b.Run(fmt.Sprintf("R%d", replicas), func(b *testing.B) {
			b.Run("two aggregates against one call of Commit", func(b *testing.B) { benchTransact(b, replicas) })
			b.Run("one guard against none", func(b *testing.B) { benchGuard(b, replicas) })
			b.Run("one unique value against none", func(b *testing.B) { benchUnique(b, replicas) })
		})
	}
}

func benchTransact(b *testing.B, replicas int) {
	s := openWith[string, core.NoMetadata](b, fresh(replicas))
	repo := core.NewRepository(s, purse).WithCache(core.Cache[int]{Size: 10, Copy: func(n int) (int, error) { return n, nil }})
	var ours, raw side
	versions := make(map[string]core.Version[uint64])
	for b.Loop() {
		ours.time(func() {
			_, err := core.Transact(b.Context(), s, func(ctx context.Context, tx *core.Tx) error {
				return errors.Join(repo.In(tx).Upsert(ctx, "a", pay(1)), repo.In(tx).Upsert(ctx, "b", pay(1)))
			})
			require.NoError(b, err)
		})
		raw.time(func() {
			recorded, err := s.Commit(b.Context(),
				plainCommit{Key: account("c"), Expected: versions["c"], Events: []core.Event{deposited{1}}},
				plainCommit{Key: account("d"), Expected: versions["d"], Events: []core.Event{deposited{1}}})
			require.NoError(b, err)
			versions["c"], versions["d"] = core.At(recorded[0].Position), core.At(recorded[1].Position)
		})
	}
	report(b, ours, raw)
}

func benchGuard(b *testing.B, replicas int) {
	s := openWith[string, core.NoMetadata](b, fresh(replicas))
	at, err := core.CommitEvents(b.Context(), s, account("guarded"), notes("x", 1), core.NoMetadata{})
	require.NoError(b, err)
	var ours, raw side
	for i := 0; b.Loop(); i++ {
		ours.time(func() {
			_, err := s.Commit(b.Context(),
				plainCommit{Key: account("a" + strconv.Itoa(i)), Events: []core.Event{deposited{1}, deposited{2}}},
				plainCommit{Key: account("guarded"), Expected: core.At(at)})
			require.NoError(b, err)
		})
		raw.time(func() {
			_, err := s.Commit(b.Context(), plainCommit{Key: account("b" + strconv.Itoa(i)), Events: []core.Event{deposited{1}, deposited{2}}})
			require.NoError(b, err)
		})
	}
	report(b, ours, raw)
}

func benchUnique(b *testing.B, replicas int) {
	s := openWith[string, core.NoMetadata](b, fresh(replicas))
	with := core.NewRepository(s, guests)
	without := core.NewRepository(s, core.DefineAggregate("visitor", core.On(func(name *string, e guestNamed) { *name = strings.Clone(e.Name) })))
	var ours, raw side
	for i := 0; b.Loop(); i++ {
		id := strconv.Itoa(i)
		ours.time(func() {
			_, err := with.Create(b.Context(), id, call(id))
			require.NoError(b, err)
		})
		raw.time(func() {
			_, err := without.Create(b.Context(), id, call(id))
			require.NoError(b, err)
		})
	}
	report(b, ours, raw)
}
