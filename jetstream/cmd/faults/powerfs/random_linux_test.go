package powerfs_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

var seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "where the random calls begin")

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
