package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/audit"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/checkup"
)

func (w *world) verify(args ...string) (int, report) {
	w.t.Helper()
	code, out, errs := w.jetsource(append([]string{"verify", "--json"}, args...)...)
	require.Contains(w.t, []int{exitOK, exitFindings}, code, errs)
	return code, lines[report](w.t, out)[0]
}

// found returns the kinds and positions of the findings.
func (v report) found() (all []string) {
	for _, f := range v.Findings {
		all = append(all, fmt.Sprint(f.Kind, " ", f.Position))
	}
	return all
}

func TestSoundStoreIsSound(t *testing.T) {
	w := newWorld(t)
	w.fill(20)
	code, v := w.verify()
	require.Empty(t, v.Findings)
	require.Zero(t, code)
	require.EqualValues(t, 62, v.Events)
	require.Equal(t, 20, v.Aggregates)
	require.EqualValues(t, 23, v.Commits) // one has the key of the hashes
	require.Contains(t, w.must("verify"), "the log is sound")
}

// Each fault is found, at its position, and nothing else is.
func TestFaultsOfALogAreFound(t *testing.T) {
	w := newWorld(t)
	w.fill(3)
	_, v := w.verify()
	require.Empty(t, v.Findings)
	whole := func(id string) string { return id + " 0 0/1 1 0" }
	var want []string
	for _, c := range []struct {
		name, subject, commit, data string
		header                      string // "name: value"
		kind                        audit.Kind
	}{
		{name: "torn", commit: "T 0 0/3 3 0", kind: audit.Torn},
		{name: "lost beginning", commit: "L 0 1/3 3 0", kind: audit.Torn},
		{name: "external", kind: audit.External},
		{name: "chain", subject: "events.x.account.a/0", commit: "C 0 0/1 1 1", kind: audit.Chain},
		{name: "unique", subject: "events.taken._unique.owner", commit: whole("U"), data: `{"kind":"account","id":"nobody"}`, kind: audit.Unique},
		{name: "payload", commit: whole("P"), data: `{`, kind: audit.Unreadable},
		{name: "commit", commit: "no commit", kind: audit.Unreadable},
		{name: "kind", subject: "events.=.account.t", commit: whole("K"), kind: audit.Unreadable},
		{name: "time", commit: whole("ET"), header: "Es-Time: yesterday", kind: audit.Unreadable},
		{name: "command", commit: whole("EC"), header: "Es-Command: =", kind: audit.Unreadable},
		{name: "fingerprint", commit: whole("EF"), header: "Es-Command: a =", kind: audit.Unreadable},
		{name: "correlation", commit: whole("ER"), header: "Es-Correlation: =", kind: audit.Unreadable},
		{name: "causation", commit: whole("EA"), header: "Es-Causation: =", kind: audit.Unreadable},
		{name: "metadata", commit: whole("EM"), header: "Es-Metadata: {", kind: audit.Unreadable},
		{name: "metadata version", commit: whole("EV"), header: "Es-Metadata-Version: one", kind: audit.Unreadable},
		{name: "none", commit: whole("N"), header: "Es-Metadata: {}"},
	} {
		m := &nats.Msg{Subject: cmp.Or(c.subject, "events.x.account."+strings.ReplaceAll(c.name, " ", "-")), Header: nats.Header{}, Data: []byte(cmp.Or(c.data, "{}"))}
		if c.commit != "" {
			m.Header["Es-Commit"], m.Header["Content-Type"] = []string{c.commit}, []string{codec.JSON.Name()}
		}
		if name, value, ok := strings.Cut(c.header, ": "); ok {
			m.Header[name] = []string{value}
		}
		if at := w.publishMsg(m); c.kind != "" {
			want = append(want, fmt.Sprint(c.kind, " ", at))
		}
	}
	code, v := w.verify()
	require.Equal(t, exitFindings, code)
	require.ElementsMatch(t, want, v.found(), "%v", v.Findings)
	for _, f := range v.Findings {
		require.NotEmpty(t, f.Advice)
	}
}

// ownCodec is a codec that only the application has.
type ownCodec struct{ codec.Codec }

func (ownCodec) Name() string { return "application/x-own" }

// Payloads that cannot be looked into are counted, by codec; damage of what is sealed is found
// without a key, whatever codec is in it.
func TestWhatVerifyCannotLookIntoIsCounted(t *testing.T) {
	w := newWorld(t)
	own := w.open(jetstream.Config{Codec: ownCodec{codec.JSON}})
	personal := registered{Customer: "C", Email: "x"}
	for i, c := range []struct {
		store *store
		event core.Event
	}{
		{own, deposited{1}}, {own, deposited{2}},
		{newShopOn(w, sealed.Config{Codec: ownCodec{codec.JSON}}).store, personal}, {newShopOn(w, sealed.Config{}).store, personal},
	} {
		_, err := core.CommitEvents(t.Context(), c.store, core.Key[string]{Kind: "customer", ID: fmt.Sprint(i)}, []core.Event{c.event}, core.NoMetadata{})
		require.NoError(t, err)
	}
	code, v := w.verify()
	require.Zero(t, code)
	require.Equal(t, audit.NotRead{Codecs: map[string]uint64{"application/x-own": 2, "application/x-own;sealed": 1}, Sealed: 2}, v.NotRead)
	out := w.must("verify")
	require.Contains(t, out, "2 payloads of codec application/x-own, which is the application's own\n")
	require.Contains(t, out, "1 payloads of codec application/x-own;sealed, which is the application's own; their sums were checked\n")
	require.Contains(t, out, "not opened: 2 sealed values")

	at := w.publishMsg(&nats.Msg{Subject: "events.x.customer.damaged", Data: []byte("{}\n#0123456789abcdef"), Header: nats.Header{
		"Es-Commit": {"D 0 0/1 1 0"}, "Content-Type": {"application/x-own;sealed"},
	}})
	_, v = w.verify()
	require.Equal(t, []string{fmt.Sprint("unreadable ", at)}, v.found())
}

// A torn commit that the library has named is no finding, nor is what was struck out.
func TestWhatIsPassedOverIsNoFinding(t *testing.T) {
	w := newWorld(t)
	w.fill(2)
	torn := w.publish("events.x.account.t", "TORN 0 0/3 3 0", `{}`)
	_, v := w.verify()
	require.Equal(t, []string{fmt.Sprint("torn ", torn)}, v.found())
	w.open(jetstream.Config{}) // looks at the end of the log
	code, v := w.verify()
	require.Empty(t, v.Findings)
	require.Zero(t, code)
	require.EqualValues(t, 1, v.Void)

	external := w.publish("events.x.account.f", "", `{}`)
	_, v = w.verify()
	require.Equal(t, []string{fmt.Sprint("external ", external)}, v.found())
	code, _, errs := w.jetsource("strike", fmt.Sprint(external))
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "--reason")
	w.must("strike", fmt.Sprint(external), "--reason", "a test")
	code, v = w.verify()
	require.Empty(t, v.Findings)
	require.Zero(t, code)
	require.EqualValues(t, 1, v.Struck)
	require.Contains(t, w.must("gaps"), "a test")
	for _, args := range [][]string{{"show", "account", "t"}, {"tail", "--once"}, {"trace", "TORN"}} {
		require.Contains(t, w.must(args...), "its commit lost its end")
	}
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
	_, v := w.verify()
	require.Empty(t, v.Findings)
	require.NoError(t, stream.DeleteMsg(t.Context(), 3))
	code, v := w.verify()
	require.Equal(t, exitFindings, code)
	require.Equal(t, []string{"hole 3", "chain 4"}, v.found())
	code, out, _ := w.jetsource("doctor")
	require.Equal(t, exitFindings, code)
	require.Contains(t, out, "1 positions have no message")
	require.Contains(t, out, "deny_delete is false, want true")

	dir := filepath.Join(t.TempDir(), "backup")
	w.must("backup", dir)
	code, _, errs := w.jetsource("restore", dir, "--stream", "NEW", "--prefix", "new")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "no message at position 3: nothing was written; jetsource copy")
	require.NotContains(t, w.must("info", "--all"), "NEW")
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
