package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// Commits that lost their end are listed and, with --yes, named: at the end of the log, and
// where others follow, of one aggregate and of several.
func TestTornCommitsAreNamedVoid(t *testing.T) {
	w := newWorld(t)
	w.fill(2)
	require.Contains(t, w.must("void"), "every commit is whole")
	of := func(id string) (events []uint64) {
		for e, err := range w.open(jetstream.Config{}).LoadEvents(t.Context(), core.Filter[string, uint64]{Aggregate: &core.Key[string]{Kind: "account", ID: id}}) {
			require.NoError(t, err)
			events = append(events, e.Position)
		}
		return events
	}
	first := w.publish("events.x.account.t", "TORN 0 0/3 3 0", `{}`)
	several := w.publish("events.x.account.s", "SEVERAL 0 0/1 2 0", `{}`)
	whole := w.publish("events.x.account.u", "WHOLE 0 0/1 1 0", `{}`)
	headless := w.publish("events.x.account.h", "HEADLESS 0 1/2 2 0", `{}`)
	require.Equal(t, []uint64{several}, of("s"), "the control: a load of the aggregate cannot tell")
	last := w.publish("events.x.account.l", "LAST 0 0/2 2 0", `{}`)

	code, out, _ := w.jetsource("void", "--json")
	require.Equal(t, exitFindings, code)
	listed := lines[voided](t, out)
	require.Len(t, listed, 4)
	for i, at := range []uint64{first, several, headless, last} {
		require.Equal(t, at, listed[i].From)
		require.False(t, listed[i].Void)
	}
	require.Empty(t, w.must("gaps"), "nothing was written")

	code, out, _ = w.jetsource("void", "--yes", "--json")
	require.Equal(t, exitFindings, code, "one is left, which has lost its beginning")
	for _, t2 := range lines[voided](t, out) {
		require.Equal(t, t2.From != headless, t2.Void, "%v", t2)
	}
	require.Empty(t, of("s"))
	require.Empty(t, of("t"))
	require.Equal(t, []uint64{whole}, of("u"))
	_, err := core.CommitEvents(t.Context(), w.open(jetstream.Config{}), core.Key[string]{Kind: "account", ID: "s"}, []core.Event{opened{"x"}}, core.NoMetadata{})
	require.NoError(t, err, "its aggregate goes on")
	require.Len(t, of("s"), 1)
	code, out, _ = w.jetsource("void", "--yes")
	require.Equal(t, exitFindings, code)
	require.Contains(t, out, "jetsource strike")
	w.must("strike", "--reason", "a test", "16")
	require.EqualValues(t, 16, headless)
	require.Contains(t, w.must("void", "--yes"), "every commit is whole")
	_, v := w.verify()
	require.Empty(t, v.Findings)
}

func TestVoidLeavesWholeCommits(t *testing.T) {
	w := newWorld(t)
	s := w.fill(2)
	for at := uint64(1); at <= 12; at++ {
		void, err := s.Void(t.Context(), at)
		require.NoError(t, err)
		require.False(t, void)
	}
	_, err := s.Void(t.Context(), 100)
	require.ErrorAs(t, err, new(*jetstream.ReadError))
	_, err = s.Void(t.Context(), w.publish("events.x.account.f", "", `{}`))
	require.ErrorAs(t, err, new(*jetstream.ReadError))
	require.Empty(t, w.must("gaps"))
}
