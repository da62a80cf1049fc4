//go:build unix

package main

import (
	"flag"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// quietFlags is a flag set that prints nothing.
func quietFlags() *flag.FlagSet {
	fs := flag.NewFlagSet("faults", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return fs
}

func TestFlagsThatMeanNothingAreErrors(t *testing.T) {
	for _, args := range [][]string{{"-sync", "sometimes"}, {"-kinds", "flood"}, {"-control", "no such"}, {"rest"}, {"-for", "x"}} {
		_, err := parse(quietFlags(), args)
		require.Error(t, err, "%v", args)
	}
	_, err := parse(quietFlags(), []string{"-h"})
	require.ErrorIs(t, err, flag.ErrHelp)
}

func TestTheReportedFlagsStartTheSameRun(t *testing.T) {
	args := []string{"-for", "2m0s", "-sync", "always", "-seed", "7", "-rate", "0", "-kinds", "kill leader,slow leader", "-ackwait", "3s", "-control", "torn"}
	o, err := parse(quietFlags(), args)
	require.NoError(t, err)
	require.Equal(t, `-for 2m0s -sync always -seed 7 -rate 0 -kinds "kill leader,slow leader" -ackwait 3s -control torn`, o.String())
	require.Equal(t, "faults-7.history", o.files.history)
	require.False(t, o.files.saveAlways)
	require.Equal(t, 2*time.Minute, o.load.time)
	require.Zero(t, o.load.pause())

	o, err = parse(quietFlags(), []string{"-kinds", "none", "-history", "kept", "-faults", "4"})
	require.NoError(t, err)
	require.Empty(t, o.load.faults)
	require.True(t, o.files.saveAlways)
	require.Equal(t, 4, o.load.goals.faults)
	require.Equal(t, 32*time.Millisecond, o.load.pause(), "32 threads that ask for 1000 commits a second")
}

func TestEachKindOfFaultIsInjectedOnceBeforeAnyIsRepeated(t *testing.T) {
	s := &faultSequence{rng: rand.New(rand.NewPCG(1, 0)), kinds: faults}
	for range 3 {
		seen := make(map[string]bool)
		for range faults {
			seen[s.next().kind] = true
		}
		require.Len(t, seen, len(faults))
	}
	other, same := &faultSequence{rng: rand.New(rand.NewPCG(2, 0)), kinds: faults}, &faultSequence{rng: rand.New(rand.NewPCG(2, 0)), kinds: faults}
	for range faults {
		require.Equal(t, other.next().kind, same.next().kind, "the seed decides the order")
	}
}
