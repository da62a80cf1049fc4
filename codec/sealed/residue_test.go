package sealed_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core/projection"
)

// Before and after a subject is forgotten no message of any stream, which buckets are too,
// and no file of the running server has its values; after it none has its key, by which the
// values could be read before.
func TestNoByteOfAForgottenSubjectIsLeft(t *testing.T) {
	w := onJetStream(t)
	w.fill(t)
	for range 3 { // snapshots of states with the values
		_, err := w.customers.Update(t.Context(), "C-1", record(moved{"FR"}))
		require.NoError(t, err)
	}
	_, err := projection.LoadFrom(t.Context(), w.store, w.snapshots, namesProjection())
	require.NoError(t, err)
	value, _, err := w.keys.Load(t.Context(), "C-1")
	require.NoError(t, err)
	key := value[len(value)-32-8 : len(value)-8]

	values := []string{"secret-C-1@", "secret C-1", "secret phone of C-1"}
	require.Empty(t, where(t, forms(values...)))
	require.NotEmpty(t, where(t, [][]byte{key}), "the control: the key is there")
	require.NotEmpty(t, where(t, forms("C-1")), "the control: subjects are found")
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte("abc"[:shift] + values[0] + "xyz"))
		require.True(t, slices.ContainsFunc(forms(values[0]), func(form []byte) bool { return strings.Contains(encoded, string(form)) }))
	}

	require.NoError(t, w.forgetter.Forget(t.Context(), "C-1"))
	export, err := w.forgetter.Export(t.Context(), "C-1")
	require.NoError(t, err)
	text, err := json.Marshal(export)
	require.NoError(t, err)
	for _, form := range append(forms(values...), key) {
		require.False(t, bytes.Contains(text, form), "the export has %q", form)
	}
	require.Empty(t, where(t, append(forms(values...), key)))
}

// forms returns texts as they are, and as JSON writes bytes wherever they begin.
func forms(texts ...string) (all [][]byte) {
	for _, text := range texts {
		all = append(all, []byte(text))
		for shift := range 3 { // the groups of three bytes that are wholly of the text
			whole := text[shift:]
			whole = whole[:len(whole)/3*3]
			if len(whole) >= 6 {
				all = append(all, []byte(base64.StdEncoding.EncodeToString([]byte(whole))))
			}
		}
	}
	return all
}

// where returns the messages and files that have any of the texts.
func where(t *testing.T, texts [][]byte) (found []string) {
	t.Helper()
	look := func(name string, data []byte) {
		for _, text := range texts {
			if bytes.Contains(data, text) {
				found = append(found, fmt.Sprintf("%s has %q", name, text))
			}
		}
	}
	nc, err := nats.Connect("", nats.InProcessServer(server), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	streams := js.ListStreams(t.Context())
	for info := range streams.Info() {
		messages(t, js, info.Config.Name, func(m *natsjs.RawStreamMsg) {
			head, err := json.Marshal(m.Header)
			require.NoError(t, err)
			look(fmt.Sprintf("message %d of %s", m.Sequence, info.Config.Name), append(append(head, m.Subject...), m.Data...))
		})
	}
	require.NoError(t, streams.Err())
	require.NoError(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if os.IsNotExist(err) || err == nil && !info.Mode().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		look(path, data)
		return err
	}))
	return found
}

func messages(t *testing.T, js natsjs.JetStream, stream string, each func(*natsjs.RawStreamMsg)) {
	t.Helper()
	s, err := js.Stream(t.Context(), stream)
	require.NoError(t, err)
	for next := uint64(1); ; {
		m, err := s.GetMsg(context.WithoutCancel(t.Context()), next, natsjs.WithGetMsgSubject(">"))
		if errors.Is(err, natsjs.ErrMsgNotFound) {
			return
		}
		require.NoError(t, err)
		each(m)
		next = m.Sequence + 1
	}
}
