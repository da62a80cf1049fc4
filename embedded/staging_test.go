package embedded_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
)

// filesIn are the names in a directory.
func filesIn(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// batches is the folder of the store's batches.
func batches(cfg embedded.Config) string {
	return filepath.Join(cfg.Dir, "jetstream", "$G", "streams", "EVENTS", "batches")
}

func isLink(path string) func() bool {
	return func() bool {
		info, err := os.Lstat(path)
		return err == nil && info.Mode()&os.ModeSymlink != 0
	}
}

// commitSeveral commits n events at once, each with a text of so many bytes.
func commitSeveral(t testing.TB, s *store, n, size int) {
	t.Helper()
	several := make([]core.Event, n)
	for i := range several {
		several[i] = noted{fmt.Sprint(i, strings.Repeat("x", size))}
	}
	_, err := core.CommitEvents(t.Context(), s, core.Key[string]{Kind: "account", ID: "a"}, several, core.NoMetadata{})
	require.NoError(t, err)
}

// The folder of a stream's batches is a link while the server runs: of a stream that
// was there, and of one that is created.
func TestBatchesAreInMemoryWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	cfg := embedded.Config{Dir: t.TempDir(), Staging: t.TempDir()}
	for range 2 {
		onStore(t, cfg, func(s *store, _ *nats.Conn) {
			commitSeveral(t, s, 3, 10)
			require.Eventually(t, isLink(batches(cfg)), 2*time.Minute, time.Millisecond)
			commitSeveral(t, s, 3, 10)
			require.Len(t, filesIn(t, cfg.Staging), 1)
		})
		require.Empty(t, filesIn(t, cfg.Staging))
		require.NoFileExists(t, batches(cfg))
	}
	got, err := eventsIn(t, cfg)
	require.NoError(t, err)
	require.Len(t, got.events, 12)
}

// A server that was killed, and whose directory is gone, leaves nothing for long.
func TestFoldersOfServersThatAreGoneAreRemoved(t *testing.T) {
	t.Parallel()
	staging, there := t.TempDir(), t.TempDir()
	leave := func(name, of string) {
		require.NoError(t, os.Mkdir(filepath.Join(staging, name), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(staging, name, "of"), []byte(of), 0o600))
	}
	leave("jetsource-staging-1", filepath.Join(there, "gone"))
	leave("jetsource-staging-2", there)
	leave("other", filepath.Join(there, "gone"))
	srv, err := embedded.Start(embedded.Config{Dir: t.TempDir(), Staging: staging})
	require.NoError(t, err)
	require.NoError(t, srv.Close())
	require.Equal(t, []string{"jetsource-staging-2", "other"}, filesIn(t, staging))
}

// Somebody may clean up what is in memory, as systemd does when a user logs out.
func TestBatchesGoToTheDiskWhereMemoryIsCleanedUp(t *testing.T) {
	t.Parallel()
	log := new(logText)
	cfg := embedded.Config{Dir: t.TempDir(), Staging: t.TempDir(), Logger: slog.New(slog.NewTextHandler(log, nil))}
	onStore(t, cfg, func(s *store, _ *nats.Conn) {
		require.Eventually(t, isLink(batches(cfg)), 2*time.Minute, time.Millisecond)
		commitSeveral(t, s, 3, 10)
		require.NoError(t, os.RemoveAll(filepath.Join(cfg.Staging, filesIn(t, cfg.Staging)[0])))
		commitSeveral(t, s, 3, 10)
		require.True(t, log.contains("on the disk"))
	})
}

func TestBatchesCanStayOnTheDisk(t *testing.T) {
	t.Parallel()
	cfg := embedded.Config{Dir: t.TempDir(), Staging: embedded.StagingOnDisk}
	onStore(t, cfg, func(s *store, _ *nats.Conn) {
		commitSeveral(t, s, 3, 10)
		info, err := os.Lstat(batches(cfg))
		require.NoError(t, err)
		require.True(t, info.IsDir())
	})
}

func TestStagingThatDoesNotExistIsAConfigError(t *testing.T) {
	t.Parallel()
	_, err := embedded.Start(embedded.Config{Dir: t.TempDir(), Staging: filepath.Join(t.TempDir(), "none")})
	var bad *embedded.ConfigError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, "Staging", bad.Field)
}

// logText is what a server has logged.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) contains(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), text)
}

// Commits that do not fit into memory go to the disk, and so does what comes after
// them.
func TestBatchesGoToTheDiskWhereMemoryIsFull(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("a file system of its own takes root")
	}
	cfg := embedded.Config{Dir: t.TempDir(), Staging: t.TempDir(), LazySync: true}
	if err := mount(cfg.Staging, 40<<20); err != nil {
		t.Skip("no file system in memory:", err)
	}
	t.Cleanup(func() { require.NoError(t, unmount(cfg.Staging)) })
	log := new(logText)
	cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
	onStore(t, cfg, func(s *store, _ *nats.Conn) {
		commitSeveral(t, s, 3, 10)
		require.Eventually(t, isLink(batches(cfg)), 2*time.Minute, time.Millisecond)
		commitSeveral(t, s, 20, 500_000)
		require.False(t, log.contains("on the disk"))
		commitSeveral(t, s, 60, 900_000)
		require.True(t, log.contains("Commits are put together on the disk"))
		commitSeveral(t, s, 3, 10)
	})
	got, err := eventsIn(t, cfg)
	require.NoError(t, err)
	require.Len(t, got.events, 86)
}
