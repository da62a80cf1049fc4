package powerfs_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

// losses says what is left of what a program did, if nothing survives unsynced.
// Every program begins with a durable file "old", which holds "old".
var losses = []struct {
	name string
	does func(u user)
	left tree
}{
	{"a write is lost that was not synced", func(u user) {
		u.write("old", "new", 3)
		u.sync("old")
		u.write("old", "lost", 6)
	}, tree{"old": "oldnew"}},
	{"what was overwritten is back", func(u user) {
		u.write("old", "lost", 0)
		u.write("old", "LOST", 1)
	}, tree{"old": "old"}},
	{"an append is lost, and kept once it was synced", func(u user) {
		u.append("old", "+1")
		u.sync("old")
		u.append("old", "+2")
	}, tree{"old": "old+1"}},
	{"a file is lost that was not synced", func(u user) {
		u.write("new", "text", 0)
	}, tree{"old": "old"}},
	{"a sync of a new file keeps its name", func(u user) {
		u.write("new", "text", 0)
		u.sync("new")
	}, tree{"old": "old", "new": "text"}},
	{"a sync of a directory keeps names and no data", func(u user) {
		u.write("new", "text", 0)
		u.sync("")
	}, tree{"old": "old", "new": ""}},
	{"a sync of a file keeps no data of another", func(u user) {
		u.write("a", "a", 0)
		u.write("b", "b", 0)
		u.sync("b")
	}, tree{"old": "old", "a": "", "b": "b"}},
	{"a sync keeps operations before the last change alone", func(u user) {
		u.write("a", "a", 0)
		u.write("b", "b", 0)
		u.sync("a")
	}, tree{"old": "old", "a": "a"}},
	{"a write with O_SYNC is durable", func(u user) {
		u.write("new", "text", 0, syscall.O_SYNC)
		u.write("old", "new", 0, syscall.O_DSYNC)
		u.write("old", "lost", 3)
	}, tree{"old": "new", "new": "text"}},
	{"a rename is lost", func(u user) {
		u.rename("old", "new")
	}, tree{"old": "old"}},
	{"a rename is durable once its directory was synced", func(u user) {
		u.rename("old", "new")
		u.sync("")
		u.rename("new", "newer")
	}, tree{"new": "old"}},
	{"a rename over a file leaves the old file or the new one", func(u user) {
		u.write("new", "new", 0, syscall.O_SYNC)
		u.rename("new", "old")
	}, tree{"old": "old", "new": "new"}},
	{"a durable rename of data that was not synced leaves an empty file", func(u user) {
		u.write("new", "new", 0)
		u.rename("new", "old")
		u.sync("")
		u.write("old", "lost", 0)
	}, tree{"old": ""}},
	{"a file that was removed is back", func(u user) {
		u.remove("old")
	}, tree{"old": "old"}},
	{"a file that was removed and made again is the old one", func(u user) {
		u.remove("old")
		u.write("old", "another", 0)
	}, tree{"old": "old"}},
	{"a removal is durable once its directory was synced", func(u user) {
		u.remove("old")
		u.sync("")
		u.mkdir("lost")
	}, tree{}},
	{"a directory is lost", func(u user) {
		u.mkdir("dir")
		u.write("dir/new", "text", 0)
	}, tree{"old": "old"}},
	{"a sync of a file keeps the directories above it", func(u user) {
		u.mkdir("dir")
		u.mkdir("dir/dir")
		u.write("dir/dir/new", "text", 0)
		u.sync("dir/dir/new")
		u.mkdir("lost")
	}, tree{"old": "old", "dir/": "", "dir/dir/": "", "dir/dir/new": "text"}},
	{"a directory that was moved or removed is back with its files", func(u user) {
		u.mkdir("dir")
		u.mkdir("other")
		u.write("dir/new", "text", 0, syscall.O_SYNC)
		u.rename("dir/new", "other/new")
		u.remove("dir")
		u.rename("other", "dir")
	}, tree{"old": "old", "dir/": "", "dir/new": "text", "other/": ""}},
	{"a truncation is lost, with what was written after it", func(u user) {
		u.truncate("old", 1)
		u.write("old", "lost", 1)
	}, tree{"old": "old"}},
	{"a truncation is durable once the file was synced", func(u user) {
		u.truncate("old", 1)
		u.sync("old")
		u.truncate("old", 5)
	}, tree{"old": "o"}},
	{"a truncation is an operation: a sync of another file commits it, and not what was written around it", func(u user) {
		u.write("old", "123", 3)
		u.truncate("old", 4)
		u.write("old", "lost", 4)
		u.write("new", "new", 0, syscall.O_SYNC)
	}, tree{"old": "old\x00", "new": "new"}},
	{"a file that was opened with O_TRUNC has its text back", func(u user) {
		u.write("old", "lost", 0, os.O_TRUNC)
	}, tree{"old": "old"}},
	{"a gap is lost with what stands after it", func(u user) {
		u.write("old", "far", 5000)
	}, tree{"old": "old"}},
}

// begin makes the file system what the programs above begin with.
func begin(t *testing.T, f *powerfs.FS) user {
	entries, err := os.ReadDir(f.Dir())
	require.NoError(t, err)
	u := user{t, f.Dir()}
	for _, e := range entries {
		require.NoError(t, os.RemoveAll(u.path(e.Name())))
	}
	u.write("old", "old", 0)
	f.Sync()
	return u
}

func TestWhatIsLost(t *testing.T) {
	f := mount(t, powerfs.Options{})
	for _, l := range losses {
		t.Run(l.name, func(t *testing.T) {
			l.does(begin(t, f))
			require.NoError(t, f.Lose())
			require.Equal(t, l.left, read(t, f.Dir()))
			require.NoError(t, f.Lose())
			require.Equal(t, l.left, read(t, f.Dir()), "what survived is durable")
		})
	}
}

// The control: on a file system that loses nothing, each of the programs above that
// loses something leaves something else.
func TestKeepAllLosesNothing(t *testing.T) {
	f := mount(t, powerfs.Options{Mode: powerfs.KeepAll})
	for _, l := range losses {
		t.Run(l.name, func(t *testing.T) {
			l.does(begin(t, f))
			before := read(t, f.Dir())
			require.NoError(t, f.Lose())
			require.Equal(t, before, read(t, f.Dir()))
			if l.name != "a sync of a new file keeps its name" {
				require.NotEqual(t, l.left, before)
			}
		})
	}
}

func TestSyncMakesAllDurable(t *testing.T) {
	f := mount(t, powerfs.Options{})
	u := user{t, f.Dir()}
	u.mkdir("dir")
	u.write("dir/file", "text", 0)
	u.write("old", "old", 0)
	u.rename("old", "new")
	f.Sync()
	u.write("dir/file", "lost", 4)
	u.truncate("new", 0)
	require.NoError(t, f.Lose())
	require.Equal(t, tree{"dir/": "", "dir/file": "text", "new": "old"}, read(t, f.Dir()))
}

func TestALossMakesStaleWhatIsOpen(t *testing.T) {
	f := mount(t, powerfs.Options{})
	u := user{t, f.Dir()}
	u.mkdir("dir")
	u.write("dir/old", "old", 0, syscall.O_SYNC)
	file, dir := u.open("dir/old", os.O_RDWR), u.open("dir", os.O_RDONLY)
	require.NoError(t, f.Lose())

	_, err := file.Write([]byte("x"))
	require.ErrorIs(t, err, syscall.ESTALE)
	_, err = file.ReadAt(make([]byte, 1), 0)
	require.ErrorIs(t, err, syscall.ESTALE)
	require.ErrorIs(t, file.Sync(), syscall.ESTALE)
	require.ErrorIs(t, file.Truncate(0), syscall.ESTALE)
	require.ErrorIs(t, dir.Sync(), syscall.ESTALE)
	require.NoError(t, file.Close())
	require.NoError(t, dir.Close())

	u.write("dir/old", "new", 0)
	require.Equal(t, tree{"dir/": "", "dir/old": "new"}, read(t, f.Dir()))
}
