package powerfs_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

var seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "where the random calls begin")

// call is one call of a program, as the model remembers it.
type call struct {
	verb       string // create, mkdir, write, truncate, rename, remove, sync
	path, to   string
	data       string
	off        int64
	file       int   // that it changes: the number of the call that created it
	dirs       []int // that it changes, by their numbers; the root has 0
	operations int   // made up to and with this call
}

func (c call) String() string {
	return fmt.Sprintf("%-8s %s %s off %d, %d bytes; file %d; operation %d", c.verb, c.path, c.to, c.off, len(c.data), c.file, c.operations)
}

// model is a tree that is durable, and the calls since.
type model struct {
	base  tree
	calls []call
}

// files gives each path of the base a number below those of the calls.
func (m *model) files() map[string]int {
	names := make(map[string]int)
	for i, path := range slices.Sorted(maps.Keys(m.base)) {
		names[path] = -1 - i
	}
	return names
}

// replay makes the calls again: of the operations the first ones, and of the
// writes those that kept lets through, as far as it does.
func (m *model) replay(operations int, kept func(index int, c call) string) tree {
	names, contents, cut := m.files(), make(map[int]string), make(map[int]bool)
	for path, file := range names {
		contents[file] = m.base[path]
	}
	for i, c := range m.calls {
		happens := c.operations <= operations
		switch c.verb {
		case "create", "mkdir":
			if happens {
				names[c.path] = c.file
			}
		case "remove":
			if happens {
				delete(names, c.path)
			}
		case "rename":
			if happens {
				move(names, c.path, c.to)
			}
		case "truncate":
			cut[c.file] = cut[c.file] || !happens
			if happens {
				contents[c.file] = resize(contents[c.file], int(c.off))
			}
		case "write":
			if data := kept(i, c); !cut[c.file] && data != "" {
				contents[c.file] = overwrite(contents[c.file], data, int(c.off))
			}
		}
	}
	found := make(tree)
	for path, file := range names {
		found[path] = contents[file]
	}
	return found
}

func move(names map[string]int, from, to string) {
	for path, file := range maps.Clone(names) {
		if path == from || strings.HasSuffix(from, "/") && strings.HasPrefix(path, from) {
			delete(names, path)
			names[to+strings.TrimPrefix(path, from)] = file
		}
	}
}

func resize(text string, size int) string {
	if size <= len(text) {
		return text[:size]
	}
	return text + strings.Repeat("\x00", size-len(text))
}

func overwrite(text, data string, off int) string {
	text = resize(text, max(len(text), off+len(data)))
	return text[:off] + data + text[off+len(data):]
}

// now is the tree as a program sees it.
func (m *model) now() tree {
	return m.replay(len(m.calls), func(_ int, c call) string { return c.data })
}

// durable returns how many operations a sync has committed, and for each file the
// number of calls before its last sync.
func (m *model) durable() (operations int, files map[int]int) {
	files = make(map[int]int)
	changed := make(map[int]int) // operations before the last change of a file
	for i, c := range m.calls {
		if c.verb == "sync" {
			operations = max(operations, changed[c.file])
			files[c.file] = i
			continue
		}
		for _, file := range append(c.dirs, c.file) {
			changed[file] = c.operations
		}
	}
	return operations, files
}

// random makes random calls of a program, and tells the model.
func (m *model) random(u user, r *rand.Rand, n int) {
	operations := 0
	for len(m.calls) < n {
		names := m.currentFiles()
		c, ok := randomCall(r, names, len(m.calls))
		if !ok {
			continue
		}
		if c.verb != "write" && c.verb != "sync" {
			operations++
		}
		c.operations = operations
		m.calls = append(m.calls, c)
		perform(u, c)
	}
}

// currentFiles is the number of each file by its path.
func (m *model) currentFiles() map[string]int {
	names := m.files()
	for _, c := range m.calls {
		switch c.verb {
		case "create", "mkdir":
			names[c.path] = c.file
		case "remove":
			delete(names, c.path)
		case "rename":
			move(names, c.path, c.to)
		}
	}
	return names
}

// randomCall returns a call that succeeds, or false if chance found none.
func randomCall(r *rand.Rand, names map[string]int, number int) (call, bool) {
	dir := []string{"", "a/", "b/"}[r.IntN(3)]
	number++
	if dice := r.IntN(20); dice < 3 {
		return dirCall(r, names, dir, number)
	} else if dir != "" && !contains(names, dir) {
		return call{}, false
	}
	c := call{path: dir + []string{"x", "y", "z"}[r.IntN(3)], dirs: []int{names[dir]}}
	if !contains(names, c.path) {
		c.verb, c.file = "create", number
		return c, true
	}
	c.file = names[c.path]
	switch dice := r.IntN(20); {
	case dice < 10:
		c.verb, c.off = "write", r.Int64N(1500)
		c.dirs = nil
		c.data = strings.Repeat(string(rune('a'+r.IntN(26))), 1+r.IntN(1200))
	case dice < 13:
		c.verb = "sync"
	case dice < 15:
		c.dirs = nil
		c.verb, c.off = "truncate", 3000+int64(number) // never the size that it has
		if r.IntN(2) == 0 {
			c.off = int64(number)
		}
	case dice < 17:
		c.verb = "remove"
	default:
		c.verb, c.to, c.dirs = "rename", []string{"x", "y", "z"}[r.IntN(3)], append(c.dirs, 0)
		return c, c.to != c.path
	}
	return c, true
}

// dirCall returns a call on a directory.
func dirCall(r *rand.Rand, names map[string]int, dir string, number int) (call, bool) {
	c := call{path: dir, file: names[dir], dirs: []int{0}}
	switch exists, dice := contains(names, dir), r.IntN(4); {
	case dir == "":
		c.verb = "sync"
	case !exists:
		c.verb, c.file = "mkdir", number
	case dice == 0:
		c.verb = "sync"
	case dice == 1:
		c.verb = "remove"
		return c, isEmpty(names, dir)
	default:
		c.verb, c.to = "rename", map[string]string{"a/": "b/", "b/": "a/"}[dir]
		return c, isEmpty(names, c.to)
	}
	return c, true
}

func contains(names map[string]int, path string) bool { _, ok := names[path]; return ok }

func isEmpty(names map[string]int, dir string) bool {
	for path := range names {
		if path != dir && strings.HasPrefix(path, dir) {
			return false
		}
	}
	return true
}

func perform(u user, c call) {
	switch c.verb {
	case "create":
		require.NoError(u.t, u.open(c.path, os.O_CREATE|os.O_EXCL|os.O_RDWR).Close())
	case "mkdir":
		u.mkdir(c.path)
	case "write":
		u.write(c.path, c.data, c.off)
	case "truncate":
		u.truncate(c.path, c.off)
	case "rename":
		u.rename(c.path, c.to)
	case "remove":
		u.remove(c.path)
	case "sync":
		u.sync(c.path)
	}
}

func TestRandomCallsLoseWhatTheModelMayLose(t *testing.T) {
	for _, mode := range []powerfs.Mode{powerfs.DropAll, powerfs.Prefix, powerfs.Sectors, powerfs.KeepAll} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Logf("seed %d", *seed)
			r := rand.New(rand.NewPCG(*seed, uint64(mode)))
			f := mount(t, powerfs.Options{Seed: *seed, Mode: mode})
			m := &model{base: make(tree)}
			for range 15 {
				m.random(user{t, f.Dir()}, r, 10+r.IntN(40))
				require.Equal(t, m.now(), read(t, f.Dir()), "before the loss")
				require.NoError(t, f.Lose())
				left := read(t, f.Dir())
				if problem := m.check(mode, left); problem != "" {
					for i, c := range m.calls {
						t.Log(i, c)
					}
					require.Fail(t, problem)
				}
				m = &model{base: left}
			}
		})
	}
}
