package powerfs_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

// leave writes a file of some sectors with one write after another, of which none
// is synced, loses power many times, and returns what was left each time.
func leave(t *testing.T, opts powerfs.Options) (left []string) {
	f := mount(t, opts)
	u := user{t, f.Dir()}
	u.write("file", "", 0)
	u.sync("file")
	for range 30 {
		for i := range 3 {
			u.write("file", strings.Repeat(string(rune('a'+i)), 5*sector/2), int64(i)*5*sector/2)
		}
		require.NoError(t, f.Lose())
		left = append(left, read(t, f.Dir())["file"])
		u.truncate("file", 0)
		u.sync("file")
	}
	return left
}

func TestASeedLosesTheSameAgain(t *testing.T) {
	for _, mode := range []powerfs.Mode{powerfs.Prefix, powerfs.Sectors} {
		t.Run(mode.String(), func(t *testing.T) {
			first := leave(t, powerfs.Options{Mode: mode, Seed: 1})
			require.Equal(t, first, leave(t, powerfs.Options{Mode: mode, Seed: 1}))
			require.NotEqual(t, first, leave(t, powerfs.Options{Mode: mode, Seed: 2}))
		})
	}
}

func TestPrefixKeepsNothingAllAndTornWrites(t *testing.T) {
	whole := strings.Repeat("a", 5*sector/2) + strings.Repeat("b", 5*sector/2) + strings.Repeat("c", 5*sector/2)
	var none, all, torn int
	for _, text := range leave(t, powerfs.Options{Mode: powerfs.Prefix, Seed: 1}) {
		require.Equal(t, whole[:len(text)], text)
		switch {
		case text == "":
			none++
		case text == whole:
			all++
		case len(text)%(5*sector/2) != 0:
			require.Zero(t, len(text)%sector)
			torn++
		}
	}
	require.NotZero(t, none)
	require.NotZero(t, all)
	require.NotZero(t, torn)
}

func TestSectorsLeavesHoles(t *testing.T) {
	holes := 0
	for _, text := range leave(t, powerfs.Options{Mode: powerfs.Sectors, Seed: 1}) {
		if strings.Contains(text, strings.Repeat("\x00", sector)) {
			holes++
		}
	}
	require.NotZero(t, holes)
}

func TestPrefixKeepsSomeOfTheOperations(t *testing.T) {
	f := mount(t, powerfs.Options{Mode: powerfs.Prefix, Seed: 1})
	u := user{t, f.Dir()}
	kept := make(map[int]int)
	for i := range 40 {
		u.mkdir(fmt.Sprint(i))
		u.sync("")
		for j := range 3 {
			u.write(fmt.Sprintf("%d/%d", i, j), "", 0)
		}
		require.NoError(t, f.Lose())
		found := read(t, u.path(fmt.Sprint(i)))
		for j := range len(found) {
			require.Contains(t, found, fmt.Sprint(j), "an operation survives with all earlier ones")
		}
		kept[len(found)]++
	}
	require.Len(t, kept, 4, "none, one, two and all")
}

func TestAFileOfManyBlocks(t *testing.T) {
	f := mount(t, powerfs.Options{})
	u := user{t, f.Dir()}
	r := rand.New(rand.NewPCG(1, 0))
	text := make([]byte, 5<<20)
	for i := range text {
		text[i] = byte(r.Uint32())
	}
	u.write("file", string(text), 0, syscall.O_SYNC)
	for range 100 {
		off := r.IntN(len(text))
		u.write("file", strings.Repeat("x", r.IntN(100_000)), int64(off))
	}
	require.NoError(t, f.Lose())
	require.True(t, read(t, f.Dir())["file"] == string(text))
}

func TestAFileWithoutANameIsThereUntilItIsClosed(t *testing.T) {
	f := mount(t, powerfs.Options{})
	u := user{t, f.Dir()}
	u.write("file", "text", 0)
	file := u.open("file", os.O_RDWR)
	u.remove("file")
	u.sync("")
	require.Equal(t, 1, backingFiles(t))
	text := make([]byte, 4)
	_, err := file.ReadAt(text, 0)
	require.NoError(t, err)
	require.Equal(t, "text", string(text))
	require.NoError(t, file.Sync())
	require.NoError(t, file.Close())
	eventually(t, func() bool { return backingFiles(t) == 0 }, "the backing file is closed")
}

func TestWhatIsGoneTakesNoSpace(t *testing.T) {
	f := mount(t, powerfs.Options{Mode: powerfs.KeepAll})
	u := user{t, f.Dir()}
	for range 100 { // as nats-server writes its small files
		u.write("file.tmp", "text", 0, os.O_TRUNC)
		u.rename("file.tmp", "file")
	}
	u.write("lost", "text", 0)
	u.remove("lost")
	u.sync("")
	eventually(t, func() bool { return backingFiles(t) == 1 }, "one file is left")
	require.NoError(t, f.Lose())
	require.Equal(t, tree{"file": "text"}, read(t, f.Dir()))
	require.Equal(t, 1, backingFiles(t))
}

// backingFiles is how many backing files this process has open.
func backingFiles(t *testing.T) (n int) {
	fds, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, fd := range fds {
		to, _ := os.Readlink("/proc/self/fd/" + fd.Name())
		if strings.Contains(to, "/powerfs-") {
			n++
		}
	}
	return n
}

func TestManyProgramsAtOnce(t *testing.T) {
	f := mount(t, powerfs.Options{Mode: powerfs.Sectors})
	u := user{t, f.Dir()}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			name := fmt.Sprint(i)
			for n := range 100 {
				u.write(name, "text", int64(4*n))
				u.sync(name)
				u.rename(name, name+".new")
				u.rename(name+".new", name)
			}
		})
	}
	all.Wait()
	for i := range 8 {
		u.sync("")
		u.write(fmt.Sprint(i), "lost", 0)
	}
	require.NoError(t, f.Lose())
	for name, text := range read(t, f.Dir()) {
		require.Len(t, text, 400, name)
	}
}

func TestPowerIsCutInTheMidst(t *testing.T) {
	f := mount(t, powerfs.Options{})
	u := user{t, f.Dir()}
	u.write("synced", "", 0)
	f.Sync()
	write := func() error {
		file, err := os.OpenFile(u.path("synced"), os.O_WRONLY|syscall.O_SYNC, 0)
		if err != nil {
			return err
		}
		_, err = file.WriteAt([]byte("text"), 0)
		return errors.Join(err, file.Close())
	}
	for steps, left := range map[int]string{1: "", 2: "text"} {
		cut := f.CutAfter(steps, func() {})
		if steps == 1 {
			require.ErrorIs(t, write(), syscall.EIO, "written and not synced")
		} else {
			require.NoError(t, write())
		}
		<-cut
		require.ErrorIs(t, write(), syscall.EIO)
		require.ErrorIs(t, os.Mkdir(u.path("dir"), 0o700), syscall.EIO)
		_, err := os.ReadDir(f.Dir())
		require.ErrorIs(t, err, syscall.EIO)
		require.NoError(t, f.Lose())
		require.Equal(t, tree{"synced": left}, read(t, f.Dir()))
		u.truncate("synced", 0)
		f.Sync()
	}
}

// A program that is still there loses its calls, and nothing else happens.
func TestALossWhileAProgramRuns(t *testing.T) {
	f := mount(t, powerfs.Options{Mode: powerfs.Prefix})
	var all sync.WaitGroup
	done := make(chan struct{})
	for i := range 4 {
		all.Go(func() {
			path := fmt.Sprintf("%s/%d", f.Dir(), i)
			for {
				select {
				case <-done:
					return
				default:
					_ = os.WriteFile(path, []byte("text"), 0o600)
					_ = os.Rename(path, path+".new")
				}
			}
		})
	}
	for range 50 {
		require.NoError(t, f.Lose())
	}
	close(done)
	all.Wait()
	require.NoError(t, f.Lose())
}
