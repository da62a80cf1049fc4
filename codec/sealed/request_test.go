package sealed_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
)

type recordedEvent[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]

// operator is a program that has none of the repositories, and a cache of keys of its own.
func (w *world) operator(t *testing.T) *sealed.Forgetter[string, uint64, core.NoMetadata] {
	t.Helper()
	f, err := sealed.NewForgetter(w.store, newCodec(t, w.keys, sealed.Config{KeyAge: keyAge}))
	require.NoError(t, err)
	return f
}

// What one program requests, another one that runs finishes.
func TestRequestIsFinishedByAReaction(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.fill(t)
		forgotten, err := w.operator(t).Request(t.Context(), "C-1")
		require.NoError(t, err)
		require.False(t, forgotten)
		require.Equal(t, []string{"C-1"}, pending(t, w))
		export, err := w.operator(t).Export(t.Context(), "C-1")
		require.NoError(t, err)
		require.True(t, export.Requested)
		require.NotContains(t, string(export.Events[0].Event), "secret", "the key is gone")

		forgetting := reactor.Define("forgetting", reactor.On(func(ctx context.Context, e recordedEvent[sealed.ForgetRequested]) error {
			return w.forgetter.Forget(ctx, e.Event.Subject)
		}))
		worker := reactor.NewWorker(w.store, forgetting)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- worker.Run(ctx) }()
		require.NoError(t, worker.CatchUp(ctx))
		w.requireForgotten(t)
		require.Empty(t, pending(t, w))
		forgotten, err = w.operator(t).Request(t.Context(), "C-1")
		require.NoError(t, err)
		require.True(t, forgotten)
		cancel()
		require.NoError(t, <-ended)
	})
}

// overtaken is a repository whose subject another program forgets before its unique values
// are read.
type overtaken struct {
	sealed.Repository[string]
	overtake func()
}

func (r overtaken) UniqueEntries(ctx context.Context, id string) ([]core.EntryKey, error) {
	r.overtake()
	return r.Repository.UniqueEntries(ctx, id)
}

// A key that is destroyed while the unique values are looked up hides no value.
func TestAValueWhoseKeyIsGoneMeanwhileIsReleased(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.fill(t)
		forgetter, err := sealed.NewForgetter(w.store, w.codec, overtaken{w.customers, func() {
			_, err := w.operator(t).Request(t.Context(), "C-1")
			require.NoError(t, err)
			require.Eventually(t, func() bool { // until its own codec has not the key any more
				return w.load(t, "C-1").Email == ""
			}, 30*time.Second, time.Millisecond)
		}})
		require.NoError(t, err)
		require.NoError(t, forgetter.Forget(t.Context(), "C-1"))
		w.requireForgotten(t)
	})
}

func TestUntypedShowsWhereValuesAre(t *testing.T) {
	for name, inner := range codecs {
		t.Run(name, func(t *testing.T) {
			c := newCodec(t, new(sealed.MemoryKeys), sealed.Config{Codec: inner})
			data, err := c.MarshalKind(kind, registered{Customer: "ada", Email: "secret", Country: "DE"})
			require.NoError(t, err)
			for range 2 { // with its key, and without
				event, values, err := sealed.Untyped(c.Name(), kind, data)
				require.NoError(t, err)
				require.Len(t, values, 2)
				fields := event.(map[string]any)
				require.Equal(t, "DE", fields["Country"])
				email := fields["Email"].(*sealed.Value)
				require.Equal(t, []any{"Email", "ada", false}, []any{email.Field, email.Subject, email.Empty})
				require.Contains(t, values, email)
				require.NoError(t, c.Destroy(t.Context(), "ada"))
			}
			data, err = c.MarshalKind(kind, registered{Customer: "ada", Name: "(forgotten, for good)"})
			require.NoError(t, err)
			_, values, err := sealed.Untyped(c.Name(), kind, data)
			require.NoError(t, err)
			require.True(t, values[0].Empty && values[1].Empty)

			_, _, err = sealed.Untyped(c.Name(), "other", data)
			require.ErrorIs(t, err, sealed.ErrDamaged)
			_, _, err = sealed.Untyped(inner.Name(), kind, data)
			require.Error(t, err)
		})
	}
}

// A store that has changed its codec has events of both: all of them are found.
func TestEventsOfTheFormerCodecAreExported(t *testing.T) {
	w := onJetStream(t)
	w.fill(t)
	for _, inner := range codecs {
		c := newCodec(t, w.keys, sealed.Config{KeyAge: keyAge, Codec: inner})
		f, err := sealed.NewForgetter(w.store, c)
		require.NoError(t, err)
		export, err := f.Export(t.Context(), "C-1")
		require.NoError(t, err)
		require.Len(t, export.Events, 4)
		require.Contains(t, string(export.Events[0].Event), "secret-C-1@example.com")
	}
}
