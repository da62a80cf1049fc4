package embedded_test

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/embedded"
)

func TestServerIsReadyWhenStartReturns(t *testing.T) {
	srv := start(t, embedded.Config{Dir: t.TempDir()})
	js := connect(t, srv)

	_, err := js.CreateStream(t.Context(), eventsConfig(1))
	require.NoError(t, err)
	ack, err := js.Publish(t.Context(), "events.first", nil)
	require.NoError(t, err)
	require.Equal(t, uint64(1), ack.Sequence)
	require.Equal(t, "embedded", srv.Name())
}

func TestRestartOnTheSameDirectoryKeepsStreams(t *testing.T) {
	cfg := embedded.Config{Dir: filepath.Join(t.TempDir(), "made", "by", "start")}

	t.Run("before", func(t *testing.T) {
		js := connect(t, start(t, cfg))
		_, err := js.CreateStream(t.Context(), eventsConfig(1))
		require.NoError(t, err)
		_, err = js.Publish(t.Context(), "events.first", []byte("kept"))
		require.NoError(t, err)
		kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "snapshots"})
		require.NoError(t, err)
		_, err = kv.PutString(t.Context(), "key", "value")
		require.NoError(t, err)
	})
	t.Run("after", func(t *testing.T) {
		js := connect(t, start(t, cfg))
		stream, err := js.Stream(t.Context(), "EVENTS")
		require.NoError(t, err)
		msg, err := stream.GetMsg(t.Context(), 1)
		require.NoError(t, err)
		require.Equal(t, "kept", string(msg.Data))
		kv, err := js.KeyValue(t.Context(), "snapshots")
		require.NoError(t, err)
		entry, err := kv.Get(t.Context(), "key")
		require.NoError(t, err)
		require.Equal(t, "value", string(entry.Value()))
	})
}

func TestDirectoryIsForTheOwnerOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows has no file modes")
	}
	dir := filepath.Join(t.TempDir(), "data")
	start(t, embedded.Config{Dir: dir})

	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestTemporaryDirectoryIsRemoved(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp) // windows
	srv := start(t, embedded.Config{})
	entries, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Len(t, entries, 1, "the streams lie below the temporary directory")

	require.NoError(t, srv.Close())
	entries, err = os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestServerListensOnlyWithListen(t *testing.T) {
	t.Run("by default no socket listens", func(t *testing.T) {
		before := listeners(t)
		srv := start(t, embedded.Config{})
		require.Empty(t, srv.URL())
		require.Equal(t, before, listeners(t))
	})
	t.Run("on a port that the system picks", func(t *testing.T) {
		srv := start(t, embedded.Config{Listen: "127.0.0.1:0"})
		nc, err := nats.Connect(srv.URL(), nats.Timeout(time.Minute))
		require.NoError(t, err)
		_, err = streams(t, nc).CreateStream(t.Context(), eventsConfig(1))
		require.NoError(t, err)
	})
	t.Run("on all addresses, with a URL to connect to", func(t *testing.T) {
		srv := start(t, embedded.Config{Listen: ":0"})
		require.True(t, strings.HasPrefix(srv.URL(), "nats://127.0.0.1:"), srv.URL())
		nc, err := nats.Connect(srv.URL(), nats.Timeout(time.Minute))
		require.NoError(t, err)
		streams(t, nc)
	})
}

// listeners counts the TCP sockets that listen in this process.
func listeners(t *testing.T) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("counts sockets in /proc")
	}
	owned := map[string]bool{}
	fds, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil {
			owned[target] = true
		}
	}
	n := 0
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		text, err := os.ReadFile(table)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			const state, inode, listen = 3, 9, "0A"
			if f := strings.Fields(line); len(f) > inode && f[state] == listen && owned["socket:["+f[inode]+"]"] {
				n++
			}
		}
	}
	return n
}

func TestCloseMayBeCalledByManyGoroutines(t *testing.T) {
	srv := start(t, embedded.Config{Dir: t.TempDir()})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := srv.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	wg.Wait()

	_, err := srv.InProcessConn()
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestCloseLeavesNoGoroutineOfAConnectionThatIsNotRead(t *testing.T) {
	srv := start(t, embedded.Config{Options: func(o *server.Options) { o.WriteDeadline = 50 * time.Millisecond }})
	conn, err := srv.InProcessConn()
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()

	require.NoError(t, srv.Close())
	goleak.VerifyNone(t)
}

func TestLoggerGetsWarningsAndErrorsOnly(t *testing.T) {
	logged := func(options func(*server.Options)) string {
		var text strings.Builder
		srv := start(t, embedded.Config{Logger: slog.New(slog.NewTextHandler(&text, nil)), Options: options})
		require.NoError(t, srv.Close())
		return text.String()
	}
	require.Empty(t, logged(nil))
	require.Contains(t, logged(func(o *server.Options) { o.MaxPayload = 9 << 20 }), "level=WARN")
}
