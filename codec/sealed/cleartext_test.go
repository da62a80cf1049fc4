package sealed_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

// These are events of the program before it sealed anything.
type (
	formerRegistered struct{ Customer, Email, Name, Country string }
	formerTold       struct {
		To   firstContact
		Text string
	}
	firstContact struct {
		Person string `json:"person"`
		Phone  string `json:"phone"`
	}
)

func (formerRegistered) EventKind() string { return registered{}.EventKind() }
func (formerTold) EventKind() string       { return told{}.EventKind() }

// formerly has the former program record events, by a codec that does not seal.
func (w *world) formerly(t *testing.T, c codec.Codec, id string, events ...core.Event) {
	t.Helper()
	_, err := core.CommitEvents(t.Context(), w.open(t, c), core.Key[string]{Kind: "customer", ID: id}, events, core.NoMetadata{})
	require.NoError(t, err)
}

// Events of which a value is in clear text, for whatever reason, are counted by Forget, each
// time that it is called, by what it records, and by Export, before and after.
func TestClearTextOfAForgottenSubjectIsCounted(t *testing.T) {
	for name, plain := range codecs {
		t.Run(name, func(t *testing.T) {
			w := onJetStream(t)
			w.formerly(t, plain, "C-1", formerRegistered{"C-1", "secret@example.com", "secret name", "DE"}, moved{"FR"})
			w.formerly(t, plain, "C-2", formerTold{firstContact{"C-1", "secret phone"}, ""}, formerTold{firstContact{"C-2", "of another"}, ""}, formerTold{firstContact{"C-1", ""}, ""})
			_, err := w.customers.Update(t.Context(), "C-2", record(told{contact{"C-1", "sealed phone", ""}, ""}))
			require.NoError(t, err)
			export, err := w.forgetter.Export(t.Context(), "C-1")
			require.NoError(t, err)
			require.Equal(t, 2, export.ClearText)

			for range 2 {
				var inClear *sealed.ClearTextError
				err := w.forgetter.Forget(t.Context(), "C-1")
				require.ErrorAs(t, err, &inClear)
				require.ErrorIs(t, err, sealed.ErrClearText)
				require.Equal(t, sealed.ClearTextError{Subject: "C-1", Events: 2}, *inClear)
				require.Empty(t, pending(t, w), "it is forgotten all the same")
			}
			require.NoError(t, w.forgetter.Resume(t.Context()))
			require.Equal(t, "secret name", w.load(t, "C-1").Name, "the control: it is still read")
			require.Equal(t, []contact{{"C-1", "secret phone", ""}, {"C-2", "of another", ""}, {"C-1", "", ""}, {"C-1", "", ""}}, w.load(t, "C-2").Messages)

			export, err = w.forgetter.Export(t.Context(), "C-1")
			require.NoError(t, err)
			require.True(t, export.Forgotten)
			require.Equal(t, 2, export.ClearText)
			var shown []string
			for _, e := range export.Events {
				if e.ClearText {
					shown = append(shown, e.ID+" "+string(e.Event))
				}
			}
			require.Len(t, shown, 2)
			require.Contains(t, shown[0], "secret@example.com")
			require.Contains(t, shown[1], "C-2 ")
			require.Contains(t, shown[1], "secret phone")
			text, err := json.Marshal(export)
			require.NoError(t, err)
			require.NotContains(t, string(text), "sealed phone")

			operator, err := w.operator(t).Export(t.Context(), "C-1")
			require.NoError(t, err)
			require.Equal(t, 2, operator.ClearText, "recorded by the program with the types")
			require.NoError(t, w.forgetter.Forget(t.Context(), "C-3"))
		})
	}
}

// A pending subject with clear text does not keep Resume from the others.
func TestClearTextDoesNotEndResume(t *testing.T) {
	w := onJetStream(t)
	w.formerly(t, codec.JSON, "C-1", formerRegistered{"C-1", "secret@example.com", "", ""})
	w.formerly(t, codec.JSON, "C-2", formerRegistered{"C-2", "other@example.com", "", ""})
	for _, subject := range []string{"C-1", "C-2", "C-3"} {
		_, err := w.operator(t).Request(t.Context(), subject)
		require.NoError(t, err)
	}
	err := w.forgetter.Resume(t.Context())
	require.ErrorContains(t, err, `"C-1"`)
	require.ErrorContains(t, err, `"C-2"`)
	require.Empty(t, pending(t, w))
	require.NoError(t, w.forgetter.Resume(t.Context()))
}

// What another codec of an application has sealed is not taken for clear text, nor is what it has
// not sealed passed over.
func TestClearTextOfAnApplicationsCodecIsCounted(t *testing.T) {
	w := inMemory(t)
	w.codec = newCodec(t, w.keys, sealed.Config{KeyAge: keyAge, Codec: ownCodec{codec.MessagePack}})
	w.store = memory.NewWithCodec[string, core.NoMetadata](w.codec)
	w.finish(t).fill(t)
	w.forget(t)
	w.requireForgotten(t)

	_, err := core.CommitEvents(t.Context(), w.store, core.Key[string]{Kind: "customer", ID: "C-4"}, []core.Event{formerRegistered{"C-4", "x@example.com", "", ""}}, core.NoMetadata{})
	require.NoError(t, err)
	export, err := w.forgetter.Export(t.Context(), "C-9")
	require.NoError(t, err)
	require.Zero(t, export.ClearText)
	_, _, err = w.customers.Load(t.Context(), "C-4")
	require.ErrorIs(t, err, sealed.ErrClearText, "it has to be told to read that")
	require.ErrorIs(t, w.forgetter.Forget(t.Context(), "C-4"), sealed.ErrClearText)
}
