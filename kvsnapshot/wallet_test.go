package kvsnapshot_test

import (
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// The aggregate of these tests. Its state shows which events were folded, and in
// what order.
type (
	opened  struct{ Owner string }
	paid    struct{ Amount int }
	renamed struct{ Owner string }

	wallet struct {
		Owner   string
		Balance int
		Seen    map[string]int // events, by kind
		Path    string         // the last events
	}

	repository = core.Repository[wallet, string, uint64, core.NoMetadata]
	command    = core.CommandFunc[wallet]
)

func (opened) EventKind() string  { return "wallet.opened" }
func (paid) EventKind() string    { return "wallet.paid" }
func (renamed) EventKind() string { return "wallet.renamed" }

func (w *wallet) saw(e core.Event, path string) {
	if w.Seen == nil {
		w.Seen = make(map[string]int)
	}
	w.Seen[e.EventKind()]++
	w.Path = (w.Path + path)[max(0, len(w.Path+path)-40):]
}

var (
	onOpened = core.On(func(w *wallet, e opened) { w.Owner = e.Owner; w.saw(e, "o") })
	onPaid   = core.On(func(w *wallet, e paid) { w.Balance = 3*w.Balance + e.Amount; w.saw(e, fmt.Sprint(e.Amount)) })

	wallets = core.DefineAggregate("wallet", onOpened, onPaid,
		core.On(func(w *wallet, e renamed) { w.Owner = e.Owner; w.saw(e, "r") }))
	// oldWallets is the aggregate of an older program, without one of the events.
	oldWallets = core.DefineAggregate("wallet", onOpened, onPaid).Lenient()
)

// emit is a command that answers with events.
func emit(events ...core.Event) command {
	return func(wallet) ([]core.Event, error) { return events, nil }
}

// walletKey returns the key of the snapshot of a wallet.
func walletKey(id string) core.SnapshotKey[string] {
	return core.SnapshotKey[string]{Role: core.AggregateSnapshot, Kind: "wallet", ID: id}
}
