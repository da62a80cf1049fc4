package readmodel_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/targettest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type (
	opened    struct{ Owner string }
	deposited struct{ Amount int }
	other     struct{} // has no handler
)

func (opened) EventKind() string    { return "account.opened" }
func (deposited) EventKind() string { return "account.deposited" }
func (other) EventKind() string     { return "account.other" }

// bonus is an event of old that is two deposits today.
type bonus struct{ Amount int }

func (bonus) EventKind() string { return "account.bonus" }

func (deposited) EventHistory() core.History {
	return core.History{core.Split("account.bonus", splitBonus)}
}

func splitBonus(old bonus) []core.Event {
	return []core.Event{deposited(old), deposited(old)}
}

type (
	tx                     = *targettest.Tx
	store                  = memory.Store[string, core.NoMetadata]
	model                  = readmodel.Model[tx, string, uint64, core.NoMetadata]
	runner                 = readmodel.Runner[tx, string, uint64, core.NoMetadata]
	recorded[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]
	version                = core.Version[uint64]
	onDeposit              = func(ctx context.Context, t tx, e recorded[deposited]) error
)

// add adds a deposit to a balance: a second time would be seen.
func add(_ context.Context, t tx, e recorded[deposited]) error {
	n, _ := strconv.Atoi(t.Get("balances", e.Key.ID))
	t.Set("balances", e.Key.ID, strconv.Itoa(n+e.Event.Amount))
	return nil
}

func balances(version int, deposit onDeposit) *model {
	return readmodel.Define("balances", version,
		readmodel.On(deposit),
		readmodel.On(func(_ context.Context, t tx, e recorded[opened]) error {
			t.Set("owners", e.Key.ID, e.Event.Owner)
			return nil
		}),
	)
}

func key(id string) core.Key[string] { return core.Key[string]{Kind: "account", ID: id} }

func commit(t *testing.T, s core.EventStore[string, uint64, core.NoMetadata], id string, events ...core.Event) version {
	t.Helper()
	v, err := core.CommitEvents(t.Context(), s, key(id), events, core.NoMetadata{})
	require.NoError(t, err)
	return core.At(v)
}

// runs calls Run in a goroutine until stop is called, which returns its error.
func runs(t *testing.T, r interface{ Run(context.Context) error }) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = stop() })
	return stop
}

func catchUp(t *testing.T, r *runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, r.CatchUp(ctx))
}

func quick(r *runner) *runner {
	return r.WithTakeover(200 * time.Millisecond).WithBackoff(core.Backoff{First: time.Millisecond, Max: 5 * time.Millisecond})
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	require.Eventually(t, is, 2*time.Minute, 2*time.Millisecond, fmt.Sprint("never: ", what))
}
