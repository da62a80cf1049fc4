package memory_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/snapshottest"
)

func TestSnapshotsKeepTheContract(t *testing.T) {
	snapshottest.Run(t, snapshottest.Harness[string, uint64]{
		Open: func(_ *testing.T, policy core.SnapshotPolicy) core.SnapshotStore[string, uint64] {
			return memory.NewSnapshots[string, uint64](policy)
		},
		ID:       func(i int) string { return fmt.Sprint("id-", i) },
		Position: func(i int) uint64 { return uint64(i + 1) },
		TextID:   func(text string) string { return text },
	})
}

type base struct{ ID string }

func TestStateWithHiddenFieldsIsRefused(t *testing.T) {
	snapshots := memory.NewSnapshots[string, uint64](core.SnapshotEvery(1))
	position := uint64(0)
	offer := func(state any) error {
		position++
		_, err := snapshots.OfferSnapshot(t.Context(), core.SnapshotKey[string]{ID: "a"}, core.SnapshotAge{Events: 1}, func() (core.Snapshot[uint64], error) {
			return core.Snapshot[uint64]{Position: position, State: state}, nil
		})
		return err
	}
	for _, state := range []any{
		nil, 5, "text", struct{ base }{}, struct{ At time.Time }{}, struct{ Sum *big.Int }{big.NewInt(1)}, struct{ Sum big.Int }{*big.NewInt(1)},
		struct {
			Left  string
			cache []int `json:"-"`
		}{},
	} {
		require.NoError(t, offer(state), "%T", state)
	}
	type hiding struct{ balance int }
	for _, state := range []any{
		hiding{}, &hiding{}, []hiding{}, map[string]hiding{}, struct{ Inner [1]hiding }{}, struct{ *base }{}, map[string]big.Int{},
	} {
		err := offer(state)
		_, ok := errors.AsType[*core.SnapshotCreateError](err)
		require.True(t, ok, "%T: %v", state, err)
	}
	require.ErrorContains(t, offer(hiding{1}), "create snapshot: application/json would lose hiding.balance of memory_test.hiding: it is unexported; ")
}

type Balance struct{ Cents int }

func ExampleNewSnapshots() {
	ctx := context.Background()
	balance := core.DefineAggregate("account", core.On(func(b *Balance, e Deposited) { b.Cents += e.Amount }))
	accounts := core.NewRepository(memory.New[string, core.NoMetadata](), balance).
		WithSnapshots(memory.NewSnapshots[string, uint64](core.SnapshotEvery(10)))

	deposit := core.CommandFunc[Balance](func(Balance) ([]core.Event, error) { return []core.Event{Deposited{100}}, nil })
	for range 12 {
		if _, err := accounts.Upsert(ctx, "ACC-001", deposit); err != nil {
			fmt.Println(err)
			return
		}
	}
	state, version, err := accounts.Load(ctx, "ACC-001") // a snapshot and two events
	fmt.Println(state.Cents, version, err)
	// Output: 1200 12 <nil>
}
