package powerfs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

// programs are what a process of these tests may have been started to be. Each
// ends the process if it was.
var programs = []func(){cluster.Serve, runProgram}

func TestMain(m *testing.M) {
	for _, run := range programs {
		run()
	}
	goleak.VerifyTestMain(m)
}

// mount mounts a file system until the test ends, or skips the test.
func mount(t *testing.T, opts powerfs.Options) *powerfs.FS {
	t.Helper()
	return mountOn(t, t.TempDir(), opts)
}

func mountOn(t *testing.T, dir string, opts powerfs.Options) *powerfs.FS {
	t.Helper()
	f, err := powerfs.Mount(dir, opts)
	if errors.Is(err, powerfs.ErrNotAvailable) {
		t.Skipf("NOT TESTED: a loss of power: %v", err)
	}
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, f.Close())
		require.False(t, mounted(t, f.Dir()))
	})
	return f
}

func mounted(t *testing.T, dir string) bool {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	require.NoError(t, err)
	return strings.Contains(string(mounts), " "+dir+" ")
}

// tree is the content of each file by its path; a directory ends with a slash.
type tree map[string]string

func read(t *testing.T, dir string) tree {
	t.Helper()
	found := make(tree)
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name := strings.TrimPrefix(path, dir+"/")
		if d.IsDir() {
			found[name+"/"] = ""
			return nil
		}
		text, err := os.ReadFile(path)
		found[name] = string(text)
		return err
	}))
	return found
}

// user makes calls as a program would, on the paths of one file system.
type user struct {
	t   *testing.T
	dir string
}

func (u user) path(name string) string { return filepath.Join(u.dir, name) }

func (u user) open(name string, flags int) *os.File {
	f, err := os.OpenFile(u.path(name), flags, 0o600)
	require.NoError(u.t, err)
	return f
}

// write writes at an offset of a file, which it creates if need be.
func (u user) write(name, text string, off int64, flags ...int) {
	all := os.O_CREATE | os.O_RDWR
	for _, f := range flags {
		all |= f
	}
	f := u.open(name, all)
	_, err := f.WriteAt([]byte(text), off)
	require.NoError(u.t, err)
	require.NoError(u.t, f.Close())
}

func (u user) append(name, text string) {
	f := u.open(name, os.O_APPEND|os.O_WRONLY)
	_, err := f.WriteString(text)
	require.NoError(u.t, err)
	require.NoError(u.t, f.Close())
}

// sync syncs a file or directory.
func (u user) sync(name string) {
	f, err := os.Open(u.path(name))
	require.NoError(u.t, err)
	require.NoError(u.t, f.Sync())
	require.NoError(u.t, f.Close())
}

func (u user) mkdir(name string)  { require.NoError(u.t, os.Mkdir(u.path(name), 0o700)) }
func (u user) remove(name string) { require.NoError(u.t, os.Remove(u.path(name))) }

// rename also renames a directory over an empty one, which os.Rename does not.
func (u user) rename(from, to string) {
	require.NoError(u.t, syscall.Rename(u.path(from), u.path(to)))
}
func (u user) truncate(name string, size int64) {
	require.NoError(u.t, os.Truncate(u.path(name), size))
}

const timeout = 2 * time.Minute

func eventually(t *testing.T, so func() bool, what string) {
	t.Helper()
	require.Eventually(t, so, timeout, 10*time.Millisecond, what)
}
