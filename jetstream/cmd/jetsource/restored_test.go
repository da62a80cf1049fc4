package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// marked is account, and says of each state that it is from the snapshot: its events have
// another owner.
var marked = core.DefineAggregate("account",
	core.On(func(a *account, e opened) { a.Owner = "snapshot of " + e.Owner }),
	core.On(func(a *account, e deposited) { a.Balance += e.Amount }),
).WithUnique("owner", func(a account) string { return a.Owner })

var totals = projection.Define("totals", projection.On(func(total *int, e core.Recorded[deposited, string, uint64, core.NoMetadata]) {
	*total += e.Event.Amount
}))

// remains is what a client and a bucket have of a store that was lost.
type remains struct {
	token, late string // of an event that the backup has, and of one that it has not
	at, after   core.Version[uint64]
}

// leave fills the store of a world, with snapshots that can be told from its events, and backs
// it up.
func (w *world) leave(dir string) (r remains) {
	w.t.Helper()
	s := w.fill(5)
	snapshots := w.snapshots()
	_, err := core.NewRepository(s, marked).WithSnapshots(snapshots).Update(w.t.Context(), "a.3", core.CommandFunc[account](func(account) ([]core.Event, error) {
		return []core.Event{deposited{7}}, nil
	}))
	require.NoError(w.t, err)
	r.at, err = s.LatestVersion(w.t.Context())
	require.NoError(w.t, err)
	w.must("backup", dir)
	position, err := core.CommitEvents(w.t.Context(), s, core.Key[string]{Kind: "account", ID: "late"}, []core.Event{opened{"late"}}, core.NoMetadata{})
	require.NoError(w.t, err)
	r.after = core.At(position)
	for v, to := range map[core.Version[uint64]]*string{r.at: &r.token, r.after: &r.late} {
		*to, err = core.Token(s, v)
		require.NoError(w.t, err)
	}
	a, _, err := core.NewRepository(s, accounts).WithSnapshots(snapshots).Load(w.t.Context(), "a.3")
	require.NoError(w.t, err)
	require.Equal(w.t, "snapshot of a.3", a.Owner, "the control: its own snapshot is used")
	return r
}

func (w *world) snapshots() *kvsnapshot.Store[string] {
	w.t.Helper()
	s, err := kvsnapshot.Open[string](w.t.Context(), w.nc, kvsnapshot.Config{Policy: core.SnapshotEvery(1)})
	require.NoError(w.t, err)
	return s
}

// What clients and buckets have of a store is refused by one that was restored under an id of
// its own, and accepted by one that took its place.
func TestRestoredStoreRefusesWhatIsOfTheOldOne(t *testing.T) {
	for _, same := range []bool{false, true} {
		t.Run(fmt.Sprint("same ", same), func(t *testing.T) {
			w, dir := newWorld(t), filepath.Join(t.TempDir(), "backup")
			r := w.leave(dir)
			require.NoError(t, w.js.DeleteStream(t.Context(), "EVENTS")) // the buckets stay
			w.must("restore", dir, fmt.Sprintf("--same=%v", same))
			s := w.open(jetstream.Config{MustExist: true})

			a, _, err := core.NewRepository(s, accounts).WithSnapshots(w.snapshots()).Load(t.Context(), "a.3")
			require.NoError(t, err)
			v, err := core.ParseToken(s, r.token)
			live := projection.NewLive(s, totals)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- live.Run(ctx) }()
			if same {
				require.Equal(t, "snapshot of a.3", a.Owner, "its snapshot is used")
				require.NoError(t, err)
				require.Equal(t, r.at, v)
				require.NoError(t, live.Wait(ctx, v))
			} else {
				require.Equal(t, "a.3", a.Owner, "folded from events")
				require.ErrorIs(t, err, core.ErrOtherStore)
			}
			require.ErrorIs(t, live.Wait(ctx, r.after), core.ErrBeyondEnd, "what the backup has not")

			// Once the restored store has grown, a position alone cannot be told from an old one.
			_, err = core.CommitEvents(t.Context(), s, core.Key[string]{Kind: "account", ID: "other"}, []core.Event{opened{"other"}}, core.NoMetadata{})
			require.NoError(t, err)
			require.NoError(t, live.Wait(ctx, r.after))
			_, err = core.ParseToken(s, r.late)
			require.Equal(t, !same, err != nil, "%v", err)
			cancel()
			require.NoError(t, <-ended)
		})
	}
}

// Of a reactor without outputs a backup has no progress. That is said, and where it goes on in the
// restored store can be set before a worker opens it.
func TestRestoreSaysFromWhereReactorsGoOn(t *testing.T) {
	o, dir := newOffice(t), filepath.Join(t.TempDir(), "backup")
	o.commit("a", opened{"ada"}, deposited{1})
	stop := o.run(repeats)
	o.isDone()
	require.Equal(t, []int{1}, o.read())
	stop()
	o.must("backup", dir)
	out := o.must("restore", dir, "--stream", "COPY", "--prefix", "copy")
	require.Contains(t, out, "its reactors (the.office)")
	require.Contains(t, out, "jetsource reactors reset <name> <position> --stream COPY")
	o.must("reactors", "reset", "the.office", "2", "--stream", "COPY")
	o.store = o.open(jetstream.Config{Stream: "COPY", Prefix: "copy", MustExist: true, Logger: quiet()})
	o.commit("a", deposited{2})
	o.run(repeats)
	var notes []int
	require.Eventually(t, func() bool { notes = append(notes, o.read()...); return slices.Contains(notes, 2) }, time.Minute, 20*time.Millisecond)
	require.Equal(t, []int{2}, notes, "what was done before is not done again")
}

// A snapshot of the old store, stored under the key of the restored one, is not used either:
// it says of which store it is.
func TestSnapshotOfTheOldStoreUnderTheKeyOfTheRestoredOneIsNotUsed(t *testing.T) {
	w, dir := newWorld(t), filepath.Join(t.TempDir(), "backup")
	w.leave(dir)
	old, err := w.js.Stream(t.Context(), "EVENTS")
	require.NoError(t, err)
	require.NoError(t, w.js.DeleteStream(t.Context(), "EVENTS"))
	w.must("restore", dir)
	s := w.open(jetstream.Config{MustExist: true})
	bucket, err := w.js.KeyValue(t.Context(), "SNAPSHOTS")
	require.NoError(t, err)
	key := "aggregate.account.a/3.0."
	value, err := bucket.Get(t.Context(), key+old.CachedInfo().Config.Metadata["es.store_id"])
	require.NoError(t, err)
	_, err = bucket.Put(t.Context(), key+s.StoreID(), value.Value())
	require.NoError(t, err)
	a, _, err := core.NewRepository(s, accounts).WithSnapshots(w.snapshots()).Load(t.Context(), "a.3")
	require.NoError(t, err)
	require.Equal(t, "a.3", a.Owner)
}
