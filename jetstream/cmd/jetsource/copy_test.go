package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
)

// opens is a command that opens an account.
func opens(owner string) core.CommandFunc[account] {
	return func(account) ([]core.Event, error) { return []core.Event{opened{owner}}, nil }
}

// transact runs a transaction over two accounts under a command id.
func transact(t *testing.T, s *store, id string) {
	t.Helper()
	repo := core.NewRepository(s, accounts)
	_, err := core.Transact(core.WithCommandID(t.Context(), id), s, func(ctx context.Context, tx *core.Tx) error {
		if _, _, err := repo.In(tx).Load(ctx, "a"); err != nil { // a guard
			return err
		}
		return repo.In(tx).Update(ctx, "b", core.CommandFunc[account](func(account) ([]core.Event, error) { return []core.Event{deposited{7}}, nil }))
	})
	require.NoError(t, err)
}

// A copy has all events, unique values and command ids of transactions. What names positions of
// the old log it has not: the entries of reactors, guards, and what was passed over.
func TestCopyLeavesOutWhatNamesPositions(t *testing.T) {
	o := newOffice(t)
	repo := core.NewRepository(o.store, accounts)
	for _, id := range []string{"a", "b"} {
		_, err := repo.Create(t.Context(), id, opens("owner of "+id))
		require.NoError(t, err)
	}
	spam := core.NewRepository(o.store, core.DefineAggregate("spam", core.On(func(a *account, e opened) { a.Owner = e.Owner })).
		WithUnique("owner", func(a account) string { return a.Owner }))
	_, err := spam.Create(t.Context(), "c", opens("owner of c"))
	require.NoError(t, err)
	transact(t, o.store, "command-1")
	o.closed.Store(true)
	stop := o.run(parks)
	o.shows(func(one steer.Reactor) bool { return one.Parked == 1 && one.Timers == 3 && one.Lag == 0 })
	stop()
	o.must("strike", "--reason", "a test", fmt.Sprint(o.publish("events.x.account.f", "", `{}`)))

	rules := filepath.Join(t.TempDir(), "rules.json")
	require.NoError(t, os.WriteFile(rules, []byte(`{"drop_aggregates":["spam"]}`), 0o600))
	code, out, errs := o.jetsource("copy", "--to", "NEW", "--prefix", "new", "--map", rules)
	require.Zero(t, code, errs)
	require.Contains(t, out, "the log is sound")
	require.Contains(t, errs, "StartAfter: the.office\n")
	for _, r := range lines[struct{ Kind, Aggregate string }](t, o.must("tail", "--system", "--once", "--json", "--from", "1", "--stream", "NEW")) {
		require.Contains(t, []string{"account", "_unique", "_transaction"}, r.Aggregate, "%v", r)
	}

	s := o.open(jetstream.Config{Stream: "NEW", Prefix: "new", MustExist: true, Logger: quiet()})
	require.Equal(t, map[string]account{"a": {"owner of a", 0}, "b": {"owner of b", 7}}, o.states(s))
	transact(t, s, "command-1")
	require.Equal(t, 7, o.states(s)["b"].Balance, "the command was processed")
	fresh := core.NewRepository(s, accounts)
	_, err = fresh.Create(t.Context(), "d", opens("owner of a"))
	require.ErrorIs(t, err, core.ErrTaken)
	_, err = fresh.Create(t.Context(), "d", opens("owner of c"))
	require.NoError(t, err, "the one who had it was dropped")

	require.Empty(t, o.must("reactors", "--stream", "NEW"))
	o.closed.Store(false)
	o.read()
	o.store = s
	end, err := s.LatestVersion(t.Context())
	require.NoError(t, err)
	o.run(func(w *bankWorker) *bankWorker { return w.StartAfter(end) })
	o.commit("a", deposited{9})
	require.Eventually(t, func() bool {
		all := lines[steer.Reactor](t, o.must("reactors", "--json", "--stream", "NEW"))
		return len(all) == 1 && all[0].State == steer.Running && all[0].Position > 0 && all[0].Lag == 0
	}, time.Minute, poll)
	require.Equal(t, []int{9}, o.read())
}
