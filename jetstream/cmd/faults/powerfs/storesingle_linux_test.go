//go:build power

package powerfs_test

import (
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

// single is one server for a store.
type single struct{ *machine }

func newSingle(t *testing.T, sync bool, mode powerfs.Mode) single {
	m := newMachine(t, sync, powerfs.Options{Seed: *seed, Mode: mode})
	m.start()
	return single{m}
}

// newEmbedded is one embedded server, which puts commits together in memory.
func newEmbedded(t *testing.T, sync bool, mode powerfs.Mode) single {
	m := newMachine(t, sync, powerfs.Options{Seed: *seed, Mode: mode})
	var err error
	m.memory, err = os.MkdirTemp("/dev/shm", "jetsource-power-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(m.memory)) })
	m.start()
	return single{m}
}

func (s single) address() string { return s.url }
func (s single) replicas() int   { return 1 }
func (s single) lazy() bool      { return !s.sync }
func (s single) holes() bool     { return false }
func (s single) syncDisks()      { s.disk.Sync() }

func (s single) enough(a *answers, r *rand.Rand) func() bool {
	if r.IntN(2) == 0 {
		return a.more(20 + r.IntN(300))
	}
	return s.cutWithin(r, 3000)
}

func (s single) losePower(r *rand.Rand) {
	s.lose()
	for r.IntN(3) == 0 {
		s.loseWhileStarting(1 + r.IntN(50))
	}
}

func (s single) startAgain()       { s.start() }
func (s single) settle() *replicas { return nil }
func (s single) renew()            {}
