//go:build unix

package main

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func kindsOf(names ...string) []fault {
	return slices.DeleteFunc(slices.Clone(faults), func(f fault) bool { return !slices.Contains(names, f.kind) })
}

func TestTheLossOfAllPowerIsLeftOutAloudUnlessServersSync(t *testing.T) {
	var out bytes.Buffer
	o := loadOptions{faults: kindsOf("kill leader", "power loss")}
	d, err := o.preparePower(t.TempDir(), &out)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.close()) })
	require.Equal(t, "kill leader", kindNames(o.faults))
	require.Contains(t, out.String(), "NOT TESTED: power loss:")

	o.faults = kindsOf("power loss")
	_, err = o.preparePower(t.TempDir(), &out)
	require.ErrorContains(t, err, "none of the kinds of faults")
}

func TestNoDiskIsMountedWithoutAFaultThatNeedsOne(t *testing.T) {
	o := loadOptions{faults: kindsOf("kill leader", "pause leader")}
	d, err := o.preparePower(t.TempDir(), &bytes.Buffer{})
	require.NoError(t, err)
	require.Nil(t, d)
	require.Len(t, o.faults, 2)
}
