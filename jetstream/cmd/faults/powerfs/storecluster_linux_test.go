//go:build power

package powerfs_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

// three are three servers for a store. All of them lose power at once, or one.
type three struct {
	*machines
	sync, one bool
	opts      powerfs.Options
}

func newThree(t *testing.T, sync, one bool, mode powerfs.Mode) *three {
	opts := powerfs.Options{Seed: *seed, Mode: mode}
	return &three{newMachines(t, sync, opts), sync, one, opts}
}

func (c *three) address() string { return strings.Join(c.cluster.URLs(0), ",") }
func (c *three) replicas() int   { return cluster.Size }

// lazy is false where one of three loses power: the two others have what was acked.
func (c *three) lazy() bool { return !c.sync && !c.one }

func (c *three) holes() bool { return !c.sync && c.one }

func (c *three) syncDisks() {
	for _, d := range c.disks {
		d.Sync()
	}
}

func (c *three) enough(a *answers, r *rand.Rand) func() bool { return a.more(50 + r.IntN(300)) }

func (c *three) losePower(r *rand.Rand) {
	dead := r.Perm(cluster.Size)
	if c.one {
		dead = dead[:1]
	}
	c.kill(dead...)
}

func (c *three) startAgain() { require.NoError(c.t, c.cluster.StartAll()) }

func (c *three) settle() *replicas {
	r := c.machines.settle()
	return &r
}

func (c *three) renew() {
	require.NoError(c.t, c.cluster.KillAll())
	c.close()
	c.opts.Seed += cluster.Size
	c.machines = newMachines(c.t, c.sync, c.opts)
}

func TestAStoreOnThreeSyncedServersLosesNoAckedCommit(t *testing.T) {
	for name, one := range map[string]bool{"all": false, "one": true} {
		t.Run(name, func(t *testing.T) {
			require.Zero(t, losePowerUnderStore(t, newThree(t, true, one, powerfs.Sectors), powerfs.Sectors, *losePowerTimes).lost)
		})
	}
}

func TestAStoreOnThreeLazyServersLosesNoAckedCommitIfOneLosesPower(t *testing.T) {
	require.Zero(t, losePowerUnderStore(t, newThree(t, false, true, powerfs.Prefix), powerfs.Prefix, *losePowerTimes).lost)
}

func TestAStoreOnThreeLazyServersLosesItsLastCommitsIfAllLosePower(t *testing.T) {
	losePowerUnderStore(t, newThree(t, false, false, powerfs.Prefix), powerfs.Prefix, *losePowerTimes)
}
