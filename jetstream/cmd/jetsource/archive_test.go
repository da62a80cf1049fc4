package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/archive"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/replay"
)

// states folds all accounts of a store.
func (w *world) states(s *store) map[string]account {
	w.t.Helper()
	all := make(map[string]account)
	repo := core.NewRepository(s, accounts)
	for id, err := range s.IDs(w.t.Context(), "account") {
		require.NoError(w.t, err)
		a, _, err := repo.Load(w.t.Context(), id)
		require.NoError(w.t, err)
		all[id] = a
	}
	return all
}

// events returns all events of a store, without what a restore may change.
func (w *world) events(s *store) (all []core.StoredEvent[string, uint64, core.NoMetadata]) {
	w.t.Helper()
	for e, err := range s.LoadEvents(w.t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(w.t, err)
		all = append(all, e)
	}
	return all
}

func TestRestoredStoreIsTheSame(t *testing.T) {
	from, dir := newWorld(t), filepath.Join(t.TempDir(), "backup")
	old := from.fill(30)
	from.must("backup", dir)
	require.Contains(t, from.must("backup", dir), "0 of them new")
	_, err := core.CommitEvents(t.Context(), old, core.Key[string]{Kind: "account", ID: "later"}, []core.Event{opened{"later"}}, core.NoMetadata{})
	require.NoError(t, err)
	require.Contains(t, from.must("backup", dir), "1 of them new")

	for _, same := range []bool{false, true} {
		t.Run(fmt.Sprint("same ", same), func(t *testing.T) {
			to := newWorld(t)
			args := []string{"restore", dir, fmt.Sprintf("--same=%v", same)}
			out := to.must(args...)
			require.Contains(t, out, "the log is sound")
			require.Contains(t, out, `Stream "EVENTS" and Prefix "events"`)
			s := to.open(jetstream.Config{MustExist: true})
			require.Equal(t, same, s.StoreID() == old.StoreID())
			require.Equal(t, from.events(old), to.events(s), "positions and times included")
			for _, show := range [][]string{{"show", "account", "a.1", "--json"}, {"tail", "--once"}, {"show", "1"}} {
				require.Equal(t, from.must(show...), to.must(show...))
			}
			was, is := lines[storeInfo](t, from.must("info", "--json"))[0], lines[storeInfo](t, to.must("info", "--json"))[0]
			require.Equal(t, []time.Time{was.First, was.Last}, []time.Time{is.First, is.Last})
			require.Equal(t, from.states(old), to.states(s))
			_, err := core.CommitEvents(t.Context(), s, core.Key[string]{Kind: "account", ID: "a.1"}, []core.Event{deposited{1}}, core.NoMetadata{})
			require.NoError(t, err, "it goes on")
			_, err = core.NewRepository(s, accounts).Upsert(t.Context(), "other", core.CommandFunc[account](func(account) ([]core.Event, error) { return []core.Event{opened{"a.0"}}, nil }))
			require.ErrorIs(t, err, core.ErrTaken, "unique values are kept")
			_, v := to.verify()
			require.Empty(t, v.Findings)

			code, _, errs := to.jetsource(args...)
			require.Equal(t, exitFailed, code)
			require.Contains(t, errs, "is there, and is not one that is being filled: restore takes the name of another one by --stream")
			code, _, errs = to.jetsource("restore", dir, "--stream", "NEW")
			require.Equal(t, exitFailed, code)
			require.Contains(t, errs, "--prefix gives the new store subjects of its own")
			code, _, errs = to.jetsource("restore", t.TempDir())
			require.Equal(t, exitFailed, code)
			require.Contains(t, errs, "a directory that jetsource backup has made")
		})
	}
}

// Interrupted anywhere, a restore goes on where it was. Meanwhile the store cannot be opened.
func TestInterruptedRestoreGoesOn(t *testing.T) {
	from, dir := newWorld(t), filepath.Join(t.TempDir(), "backup")
	old := from.fill(3)
	from.grow(old, 520)
	from.must("backup", dir)
	a, err := archive.Open(dir)
	require.NoError(t, err)
	to := newWorld(t)
	for _, cut := range []uint64{0, 1, 2, 499, 500, 501, 520, a.Last()} {
		target, err := replay.Open(t.Context(), to.nc, jetstream.Config{Stream: "EVENTS", Prefix: "events"}, a.About.StoreID)
		require.NoError(t, err)
		have, err := target.Last(t.Context())
		require.NoError(t, err)
		crash := errors.New("crash")
		err = target.Publish(t.Context(), func(send func(replay.Message) error) error {
			for l, err := range a.Read(have + 1) {
				if err != nil {
					return err
				}
				if l.Position > cut {
					return crash
				}
				if err := send(replay.Message{Position: l.Position, Subject: l.Subject, Time: l.Time, Header: l.Header, Data: l.Data}); err != nil {
					return err
				}
			}
			return nil
		})
		if cut < a.Last() {
			require.ErrorIs(t, err, crash)
		}
		_, err = jetstream.Open[string, core.NoMetadata](t.Context(), to.nc, jetstream.Config{})
		drift, is := errors.AsType[*jetstream.StreamConfigError](err)
		require.True(t, is, "%v", err)
		require.Contains(t, drift.Error(), "being filled")
	}
	require.Contains(t, to.must("restore", dir), "0 of them now", "all were there, and it was not finished")
	require.Equal(t, from.events(old), to.events(to.open(jetstream.Config{})))
}

// A byte that changed in any part of an archive is found before anything is written.
func TestDamagedArchiveIsRefused(t *testing.T) {
	from, dir := newWorld(t), filepath.Join(t.TempDir(), "backup")
	from.fill(5)
	from.must("backup", dir)
	names, err := filepath.Glob(filepath.Join(dir, "events-*"))
	require.NoError(t, err)
	require.Len(t, names, 1)
	good, err := os.ReadFile(names[0])
	require.NoError(t, err)
	whole := func() (all []archive.Line, err error) {
		a, err := archive.Open(dir)
		require.NoError(t, err)
		for l, err := range a.Read(1) {
			if err != nil {
				return nil, err
			}
			all = append(all, l)
		}
		return all, nil
	}
	want, err := whole()
	require.NoError(t, err)
	to, damaged := newWorld(t), 0
	for i := 0; i < len(good); i += 1 + len(good)/100 {
		bad := append([]byte(nil), good...)
		bad[i] ^= 0x20
		require.NoError(t, os.WriteFile(names[0], bad, 0o600))
		got, err := whole()
		if err == nil { // a bit of the compression that changes nothing
			require.Equal(t, want, got, "byte %d", i)
			continue
		}
		var found *archive.DamagedError
		require.ErrorAs(t, err, &found, "byte %d", i)
		damaged++
	}
	require.Greater(t, damaged, 50)
	require.NoError(t, os.WriteFile(names[0], good[:len(good)/2], 0o600))
	code, _, errs := to.jetsource("restore", dir)
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "is damaged")
	require.Contains(t, errs, "restore another backup")
	code, _, _ = to.jetsource("info")
	require.Equal(t, exitFailed, code, "nothing was made")
}

func TestCopyRenamesDropsAndChanges(t *testing.T) {
	w := newWorld(t)
	old := w.fill(12)
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules.json")
	require.NoError(t, os.WriteFile(rules, []byte(`{"kinds":{"account.opened":"account.begun"},"aggregates":{"account":"purse"}}`), 0o600))
	require.Contains(t, w.must("copy", "--to", "NEW", "--prefix", "new", "--map", rules), "the log is sound")
	s := w.open(jetstream.Config{Stream: "NEW", Prefix: "new", MustExist: true})
	purses := core.DefineAggregate("purse",
		core.On(func(a *account, e begun) { a.Owner = e.Owner }),
		core.On(func(a *account, e deposited) { a.Balance += e.Amount }),
	).WithUnique("owner", func(a account) string { return a.Owner })
	repo := core.NewRepository(s, purses)
	states := make(map[string]account)
	for id := range w.states(old) {
		a, _, err := repo.Load(t.Context(), id)
		require.NoError(t, err)
		states[id] = a
	}
	require.Equal(t, w.states(old), states)
	key, taken, err := core.Owner(t.Context(), s, "owner", "a.3")
	require.NoError(t, err)
	require.True(t, taken)
	require.Equal(t, core.Key[string]{Kind: "purse", ID: "a.3"}, key)
	for e, err := range s.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		require.NotEqual(t, "account", e.Key.Kind)
	}

	// A program sees each event, doubles what was deposited, and drops what is small.
	program := `while read -r line; do case "$line" in
*'"Amount":1}'*) echo '[]';;
*'"Amount":2}'*) echo "$line" | sed 's/"Amount":2}/"Amount":200}/';;
*) echo "$line";; esac; done`
	w.must("copy", "--to", "CHANGED", "--prefix", "changed", "--exec", program)
	changed := w.states(w.open(jetstream.Config{Stream: "CHANGED", Prefix: "changed", MustExist: true}))
	want := w.states(old)
	for id, a := range maps.Clone(want) {
		a.Balance += 200 - 2 - 1
		want[id] = a
	}
	require.Equal(t, want, changed)
}

type begun struct{ Owner string }

func (begun) EventKind() string { return "account.begun" }
