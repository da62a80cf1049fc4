//go:build power

package powerfs_test

import (
	"math/rand/v2"
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

func (s single) address() string { return s.url }
func (s single) replicas() int   { return 1 }
func (s single) lazy() bool      { return !s.sync }
func (s single) syncDisks()      { s.disk.Sync() }

func (s single) enough(a *answers, r *rand.Rand) func() bool {
	if r.IntN(2) == 0 {
		return a.more(20 + r.IntN(300))
	}
	return s.cutWithin(r, 3000)
}

func (s single) losePower(r *rand.Rand) {
	s.kill()
	require.NoError(s.t, s.disk.Lose())
	for r.IntN(3) == 0 {
		s.loseWhileStarting(1 + r.IntN(50))
	}
}

func (s single) startAgain() { s.start() }
