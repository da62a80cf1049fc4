package main

import (
	"fmt"
	"testing"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/audit"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/checkup"
)

func (w *world) verdict(args ...string) (int, verdict) {
	w.t.Helper()
	code, out, errs := w.jetsource(append([]string{"verify", "--json"}, args...)...)
	require.Contains(w.t, []int{exitOK, exitFindings}, code, errs)
	return code, lines[verdict](w.t, out)[0]
}

// found returns the kinds and positions of the findings.
func (v verdict) found() (all []string) {
	for _, f := range v.Findings {
		all = append(all, fmt.Sprint(f.Kind, " ", f.Position))
	}
	return all
}

func TestSoundStoreIsSound(t *testing.T) {
	w := newWorld(t)
	w.fill(20)
	code, v := w.verdict()
	require.Empty(t, v.Findings)
	require.Zero(t, code)
	require.EqualValues(t, 62, v.Events)
	require.Equal(t, 20, v.Aggregates)
	require.EqualValues(t, 23, v.Commits) // one has the key of the hashes
	require.Contains(t, w.must("verify"), "the log is sound")
}

// Each fault is found, at its position, and nothing else is.
func TestFaultsOfALogAreFound(t *testing.T) {
	commit := func(id string, index, count int, previous uint64) string {
		return fmt.Sprintf("%s 0 %d/%d %d %d", id, index, count, count, previous)
	}
	for name, c := range map[string]struct {
		fault func(w *world, last uint64) uint64
		kind  audit.Kind
	}{
		"torn": {func(w *world, last uint64) uint64 {
			return w.publish("events.x.account.t", commit("TORN", 0, 3, 0), `{}`)
		}, audit.Torn},
		"lost beginning": {func(w *world, last uint64) uint64 {
			return w.publish("events.x.account.t", commit("TORN", 1, 3, 0), `{}`)
		}, audit.Torn},
		"foreign": {func(w *world, last uint64) uint64 {
			return w.publish("events.x.account.t", "", `{}`)
		}, audit.Foreign},
		"chain": {func(w *world, last uint64) uint64 {
			token, err := codec.EncodeToken("a.0")
			require.NoError(t, err)
			return w.publish("events.x.account."+token, commit("CHAIN", 0, 1, 1), `{}`)
		}, audit.Chain},
		"payload": {func(w *world, last uint64) uint64 {
			return w.publish("events.x.account.t", commit("BAD", 0, 1, 0), `{`)
		}, audit.Unreadable},
		"header": {func(w *world, last uint64) uint64 {
			return w.publish("events.x.account.t", "no commit", `{}`)
		}, audit.Unreadable},
		"subject": {func(w *world, last uint64) uint64 {
			return w.publish("events.=.account.t", commit("NAME", 0, 1, 0), `{}`)
		}, audit.Unreadable},
		"unique": {func(w *world, last uint64) uint64 {
			return w.publish("events.taken._unique.owner", commit("LIE", 0, 1, 0), `{"kind":"account","id":"nobody"}`)
		}, audit.Unique},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.fill(3)
			_, v := w.verdict()
			require.Empty(t, v.Findings)
			at := c.fault(w, v.Messages)
			code, v := w.verdict()
			require.Equal(t, exitFindings, code)
			require.Equal(t, []string{fmt.Sprint(c.kind, " ", at)}, v.found())
			require.NotEmpty(t, v.Findings[0].Advice)
		})
	}
}

// A torn commit that the library has named is no finding, nor is what was struck out.
func TestWhatIsPassedOverIsNoFinding(t *testing.T) {
	w := newWorld(t)
	w.fill(2)
	torn := w.publish("events.x.account.t", "TORN 0 0/3 3 0", `{}`)
	_, v := w.verdict()
	require.Equal(t, []string{fmt.Sprint("torn ", torn)}, v.found())
	w.open(jetstream.Config{}) // looks at the end of the log
	code, v := w.verdict()
	require.Empty(t, v.Findings)
	require.Zero(t, code)
	require.EqualValues(t, 1, v.Void)

	foreign := w.publish("events.x.account.f", "", `{}`)
	_, v = w.verdict()
	require.Equal(t, []string{fmt.Sprint("foreign ", foreign)}, v.found())
	code, _, errs := w.jetsource("strike", fmt.Sprint(foreign))
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "--reason")
	w.must("strike", fmt.Sprint(foreign), "--reason", "a test")
	code, v = w.verdict()
	require.Empty(t, v.Findings)
	require.Zero(t, code)
	require.EqualValues(t, 1, v.Struck)
	require.Contains(t, w.must("gaps"), "a test")
	require.Contains(t, w.must("show", "account", "t"), "its commit lost its end")
}

// A hole is named by verify, counted by doctor, and ends a restore.
func TestHoleIsFound(t *testing.T) {
	w := newWorld(t)
	js := w.js
	stream, err := js.CreateStream(t.Context(), natsjs.StreamConfig{Name: "EVENTS", Subjects: []string{"events.*.*.*"}, AllowDirect: true, AllowAtomicPublish: true})
	require.NoError(t, err)
	for i := range 5 {
		w.publish("events.x.account.t", fmt.Sprintf("C%d 0 0/1 1 %d", i, i), `{}`)
	}
	_, v := w.verdict()
	require.Empty(t, v.Findings)
	require.NoError(t, stream.DeleteMsg(t.Context(), 3))
	code, v := w.verdict()
	require.Equal(t, exitFindings, code)
	require.Equal(t, []string{"hole 3", "chain 4"}, v.found())
	code, out, _ := w.jetsource("doctor")
	require.Equal(t, exitFindings, code)
	require.Contains(t, out, "1 positions have no message")
	require.Contains(t, out, "deny_delete is false, want true")
}

func TestDoctorOfASoundStore(t *testing.T) {
	w := newWorld(t)
	w.fill(2)
	for _, s := range lines[checkup.Symptom](t, w.must("doctor", "--json")) {
		if s.What != "replicas" { // it has one
			require.Equal(t, checkup.OK, s.State, "%v", s)
		}
	}
}
