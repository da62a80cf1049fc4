//go:build power

package powerfs_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

// machines are the three servers of a cluster, with a disk each.
type machines struct {
	t       *testing.T
	cluster *cluster.Cluster
	disks   [cluster.Size]*powerfs.FS
	stop    func() error // stops the servers
}

func newMachines(t *testing.T, syncs bool, opts powerfs.Options) *machines {
	m := &machines{t: t}
	dir := t.TempDir()
	for i := range m.disks {
		opts.Seed++
		// Streams are on the disk, and logs are not.
		at := filepath.Join(dir, fmt.Sprintf("n%d", i), "jetstream")
		require.NoError(t, os.MkdirAll(at, 0o700))
		m.disks[i] = mountOn(t, at, opts)
	}
	var err error
	m.cluster, err = cluster.Start(cluster.Config{Dir: dir, SyncAlways: syncs})
	require.NoError(t, err)
	m.stop = sync.OnceValue(m.cluster.Close)
	t.Cleanup(func() { require.NoError(t, m.stop()) })
	return m
}

// close stops the servers and unmounts their disks.
func (m *machines) close() {
	require.NoError(m.t, m.stop())
	for _, d := range m.disks {
		require.NoError(m.t, d.Close())
	}
}

// kill kills servers, and takes their power.
func (m *machines) kill(nodes ...int) {
	for _, i := range nodes {
		require.NoError(m.t, m.cluster.Nodes[i].Kill())
	}
	for _, i := range nodes {
		require.NoError(m.t, m.disks[i].Lose())
	}
}

// loseClusterPower runs three servers under load, which lose power at once: all of
// them, or some if they sync.
func loseClusterPower(t *testing.T, sync bool, mode powerfs.Mode) (v verdict) {
	t.Logf("seed %d", *seed)
	r := rand.New(rand.NewPCG(*seed, uint64(mode)))
	m := newMachines(t, sync, powerfs.Options{Seed: *seed, Mode: mode})
	l := newLoad(3)
	l.connect(t, m.cluster.Nodes[0].URL())
	for range *losePowerTimes {
		dead := r.Perm(cluster.Size)
		if sync {
			dead = dead[:1+r.IntN(cluster.Size)]
		}
		l.run(t, r, l.acknowledged(50+r.IntN(200)), func() { m.kill(dead...) })
		require.NoError(t, m.cluster.StartAll())
		messages, keys := l.connect(t, m.cluster.Nodes[0].URL())
		l.check(t, &v, messages, keys)
	}
	t.Logf("%+v", v)
	return v
}

func TestThreeSyncedServersLoseNoAcknowledgedMessage(t *testing.T) {
	v := loseClusterPower(t, true, powerfs.Sectors)
	require.Zero(t, v.lost)
	require.Zero(t, v.unknown)
	require.Zero(t, v.torn)
}

// The control: none of them has synced.
func TestThreeLazyServersLoseAcknowledgedMessages(t *testing.T) {
	require.NotZero(t, loseClusterPower(t, false, powerfs.DropAll).lost)
}
