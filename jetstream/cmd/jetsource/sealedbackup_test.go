package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec/sealed"
)

// streamBackup is a stream as "nats stream backup" keeps it.
type streamBackup struct {
	name  string
	about struct {
		Config json.RawMessage `json:"config"`
		State  json.RawMessage `json:"state"`
	}
	chunks [][]byte
}

// backUp asks the server for a stream as "nats stream backup" does.
func (w *world) backUp(stream string) streamBackup {
	w.t.Helper()
	inbox := nats.NewInbox()
	sub, err := w.nc.SubscribeSync(inbox)
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, sub.Unsubscribe()) }()
	b := streamBackup{name: stream}
	require.NoError(w.t, json.Unmarshal(w.api("STREAM.SNAPSHOT."+stream, fmt.Appendf(nil, `{"deliver_subject":%q}`, inbox)), &b.about))
	for {
		m, err := sub.NextMsg(30 * time.Second)
		require.NoError(w.t, err)
		if len(m.Data) == 0 {
			return b
		}
		b.chunks = append(b.chunks, m.Data)
		if m.Reply != "" {
			require.NoError(w.t, m.Respond(nil))
		}
	}
}

// putBack does what "nats stream restore" does.
func (w *world) putBack(b streamBackup) {
	w.t.Helper()
	var to struct {
		Subject string `json:"deliver_subject"`
	}
	about, err := json.Marshal(b.about)
	require.NoError(w.t, err)
	require.NoError(w.t, json.Unmarshal(w.api("STREAM.RESTORE."+b.name, about), &to))
	for _, chunk := range append(b.chunks, nil) {
		_, err := w.nc.Request(to.Subject, chunk, 30*time.Second)
		require.NoError(w.t, err)
	}
	_, err = w.js.Stream(w.t.Context(), b.name)
	require.NoError(w.t, err)
}

func (w *world) api(subject string, request []byte) []byte {
	w.t.Helper()
	m, err := w.nc.Request("$JS.API."+subject, request, 30*time.Second)
	require.NoError(w.t, err)
	require.NotContains(w.t, string(m.Data), `"error"`)
	return m.Data
}

// The log and then the keys are backed up, and restored in the reverse order. Who was forgotten
// before stays so, also by a backup of the keys from before that.
func TestRestoredStoreHasTheKeysOfItsOwnBackup(t *testing.T) {
	s, dir := newShop(t, sealed.Config{}), filepath.Join(t.TempDir(), "backup")
	older := s.backUp("KV_SUBJECTKEYS")
	require.NoError(t, s.forgetter.Forget(t.Context(), "C-1"))
	require.Contains(t, s.must("backup", dir), "\n3 events are sealed; their keys are not in this backup\n")
	report := lines[map[string]any](t, s.must("backup", dir, "--json"))[0]
	require.EqualValues(t, 3, report["sealed"])
	newer := s.backUp("KV_SUBJECTKEYS")
	before, _, err := s.customers.Load(t.Context(), "C-2")
	require.NoError(t, err)

	for name, keys := range map[string]streamBackup{"newer": newer, "older": older} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.putBack(keys)
			all := lines[map[string]any](t, w.must("restore", dir, "--json"))
			require.EqualValues(t, 3, all[0]["sealed"])
			require.Empty(t, all[1]["findings"])
			after := newShopOn(w, sealed.Config{})
			require.NoError(t, after.forgetter.Resume(t.Context()))
			require.Contains(t, w.must("export", "C-1"), "it was forgotten")
			one, _, err := after.customers.Load(t.Context(), "C-1")
			require.NoError(t, err)
			require.Equal(t, []string{"", "(forgotten)"}, []string{one.Email, one.Name})
			two, _, err := after.customers.Load(t.Context(), "C-2")
			require.NoError(t, err)
			require.Equal(t, before, two)
		})
	}
	w := newWorld(t)
	require.Contains(t, w.must("restore", dir), "\n3 events are sealed; their keys are not in this backup\n")
}

// A log without sealed values says nothing about keys.
func TestBackupWithoutSealedEventsSaysNothingOfKeys(t *testing.T) {
	w := newWorld(t)
	w.fill(2)
	require.NotContains(t, w.must("backup", filepath.Join(t.TempDir(), "backup")), "sealed")
}
