//go:build power

package powerfs_test

import (
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

var losePowerTimes = flag.Int("losses", 2, "how often a server loses power")

var disks = []powerfs.Mode{powerfs.DropAll, powerfs.Prefix, powerfs.Sectors}

// losePower runs a server under load that loses power again and again.
func losePower(t *testing.T, sync bool, mode powerfs.Mode) (v verdict) {
	t.Logf("seed %d", *seed)
	r := rand.New(rand.NewPCG(*seed, uint64(mode)))
	m := newMachine(t, sync, powerfs.Options{Seed: *seed, Mode: mode})
	l := newLoad(1)
	m.start()
	l.connect(t, m.url)
	for range *losePowerTimes {
		if !sync {
			m.disk.Sync() // the streams are some time old
		}
		l.run(t, r, m.enough(l, r), m.kill)
		require.NoError(t, m.disk.Lose())
		for r.IntN(2) == 0 {
			m.loseWhileStarting(1 + r.IntN(50))
		}
		v.restart = max(v.restart, m.start())
		messages, keys := l.connect(t, m.url)
		l.check(t, &v, messages, keys)
	}
	t.Logf("%+v", v)
	kinds := m.complaints()
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("%5d %s", kinds[kind], kind)
	}
	return v
}

// enough tells when power is to fail: after some acknowledged messages, or after some
// steps of the disk.
func (m *machine) enough(l *load, r *rand.Rand) func() bool {
	if r.IntN(4) == 0 {
		return l.acknowledged(50 + r.IntN(400))
	}
	return m.cutWithin(r, 1000)
}

func TestASyncedServerLosesNoAcknowledgedMessage(t *testing.T) {
	for _, mode := range disks {
		t.Run(mode.String(), func(t *testing.T) {
			v := losePower(t, true, mode)
			require.Zero(t, v.lost)
			require.Zero(t, v.unknown)
			require.Zero(t, v.torn)
		})
	}
}

// The control: the file system forgets.
func TestALazyServerLosesAcknowledgedMessages(t *testing.T) {
	for _, mode := range disks {
		t.Run(mode.String(), func(t *testing.T) {
			require.NotZero(t, losePower(t, false, mode).lost)
		})
	}
	t.Run("not on a file system that keeps all", func(t *testing.T) {
		require.Zero(t, losePower(t, false, powerfs.KeepAll).lost)
	})
}

var variable = regexp.MustCompile(`[0-9a-f]{32}|\d+|/\S+|"[^"]*"`)

// complaints are the kinds of warnings and errors in the server's log, and of what
// it says about batches, and how many of each.
func (m *machine) complaints() map[string]int {
	text, err := os.ReadFile(m.log)
	require.NoError(m.t, err)
	kinds := make(map[string]int)
	for line := range strings.Lines(string(text)) {
		level := regexp.MustCompile(`\[(WRN|ERR|FTL)\]|\[INF\].*batch`).FindString(line)
		if at := strings.Index(line, level); level != "" {
			kinds[variable.ReplaceAllString(strings.TrimSpace(line[at:]), "…")]++
		}
	}
	return kinds
}
