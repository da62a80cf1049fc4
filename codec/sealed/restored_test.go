package sealed_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// restored is a program that starts on the log of a world with a key store that has the keys of
// some subjects only.
func (w *world) restored(t *testing.T, with map[string][]byte) *world {
	t.Helper()
	keys := &awayKeys{KeyStore: new(sealed.MemoryKeys)}
	for subject, value := range with {
		require.NoError(t, keys.Store(t.Context(), subject, value, 0))
	}
	c := newCodec(t, keys, sealed.Config{KeyAge: keyAge})
	after := &world{codec: c, keys: keys, open: w.open}
	after.store, after.snapshots = w.open(t, c), memory.NewSnapshotsWithCodec[string, uint64](core.SnapshotEvery(2), c)
	return after.finish(t)
}

// value returns what the key store has of a subject.
func (w *world) value(t *testing.T, subject string) []byte {
	t.Helper()
	value, _, err := w.keys.Load(t.Context(), subject)
	require.NoError(t, err)
	return value
}

// What the log says was forgotten reads as erased again after each of the calls, also if the
// restored key store has the key again.
func TestARestoredKeyStoreIsToldWhoWasForgotten(t *testing.T) {
	for name, tell := range map[string]func(*testing.T, *world) error{
		"Forget":  func(t *testing.T, w *world) error { return w.forgetter.Forget(t.Context(), "C-1") },
		"Resume":  func(t *testing.T, w *world) error { return w.forgetter.Resume(t.Context()) },
		"Request": func(t *testing.T, w *world) error { _, err := w.operator(t).Request(t.Context(), "C-1"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			w := onJetStream(t)
			w.fill(t)
			one, two := w.value(t, "C-1"), w.value(t, "C-2")
			w.forget(t)

			lost := w.restored(t, map[string][]byte{"C-2": two})
			_, _, err := core.NewRepository(lost.store, customerAggregate).Load(t.Context(), "C-1")
			require.ErrorIs(t, err, sealed.ErrNoKey, "the control")
			require.NoError(t, tell(t, lost))
			lost.requireForgotten(t)

			older := w.restored(t, map[string][]byte{"C-1": one, "C-2": two})
			require.NoError(t, tell(t, older))
			older.requireForgotten(t)
			_, _, err = older.keys.Load(t.Context(), "C-1")
			require.ErrorIs(t, err, sealed.ErrForgotten, "the key that came back is destroyed")
		})
	}
}

// A subject whose key is lost can be forgotten, whether that was requested before or not.
func TestASubjectWhoseKeyIsLostCanBeForgotten(t *testing.T) {
	for _, requested := range []bool{false, true} {
		w := onJetStream(t)
		w.fill(t)
		two := w.value(t, "C-2")
		if requested {
			_, err := w.operator(t).Request(t.Context(), "C-1")
			require.NoError(t, err)
		}
		after := w.restored(t, map[string][]byte{"C-2": two})
		if requested {
			require.NoError(t, after.forgetter.Resume(t.Context()))
		} else {
			require.NoError(t, after.forgetter.Forget(t.Context(), "C-1"))
		}
		after.requireForgotten(t)
		require.Empty(t, pending(t, after))
	}
}

// Where the key store has lost a key, a command that is refused because the aggregate exists
// leaves no other one in its place: the right one can still be restored.
func TestARefusedCreateMakesNoKey(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.fill(t)
		all := w.keys.KeyStore
		w.keys.KeyStore = new(sealed.MemoryKeys)
		again := registered{"C-1", "new@example.com", "new", ""}
		require.Eventually(t, func() bool { return w.codec.NeedsKey(again) }, 30*time.Second, time.Millisecond, "until no key is cached")
		_, err := w.customers.Create(t.Context(), "C-1", record(again))
		require.ErrorIs(t, err, core.ErrExists)
		_, _, err = w.keys.Load(t.Context(), "C-1")
		require.ErrorIs(t, err, sealed.ErrNoKey)

		_, err = w.customers.Create(core.WithCommandID(t.Context(), "1"), "C-3", record(registered{"C-3", "3@example.com", "3", ""}))
		require.NoError(t, err, "others are made as ever")
		_, err = w.customers.Create(core.WithCommandID(t.Context(), "1"), "C-3", record(registered{"C-3", "3@example.com", "3", ""}))
		require.NoError(t, err, "the same command again")
		require.False(t, w.codec.NeedsKey(registered{Customer: "C-3", Email: "x"}))
		require.False(t, w.codec.NeedsKey(moved{"FR"}))
		w.keys.KeyStore = all
		require.Equal(t, "secret C-1", w.load(t, "C-1").Name)
	})
}
