package snapshottest_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
	"github.com/jetsource/jetsource/core/snapshottest"
)

// snapshotFaultVariable tells a process of these tests which fault its store of
// snapshots has.
const snapshotFaultVariable = "STORETEST_SNAPSHOT_FAULT"

// TestFaultySnapshots runs the suite on a faulty store, in the processes that
// TestSnapshotFaultsAreNoticed starts.
func TestFaultySnapshots(t *testing.T) {
	fault, ok := os.LookupEnv(snapshotFaultVariable)
	if !ok {
		t.Skip("runs in a process of TestSnapshotFaultsAreNoticed")
	}
	change := func(*snapshotMutant) {}
	for _, f := range snapshotFaults {
		if f.name == fault {
			change = f.change
		}
	}
	type store = core.SnapshotStore[string, uint64]
	snapshottest.Run(t, snapshottest.Harness[string, uint64]{
		Open: func(_ *testing.T, policy core.SnapshotPolicy) store { return newSnapshotMutant(policy, change) },
		Again: func(_ *testing.T, s store, policy core.SnapshotPolicy) store {
			return mutated(s.(*snapshotMutant).memorySnapshots, policy, change)
		},
		ID:       func(i int) string { return fmt.Sprint("ID-", i) },
		Position: func(i int) uint64 { return uint64(10 * (i + 1)) },
		TextID:   func(text string) string { return text },
	})
}

func TestSnapshotFaultsAreNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the suite once for each fault")
	}
	var all []suite.Fault
	for _, f := range snapshotFaults {
		all = append(all, suite.Fault{Name: f.name, Rule: f.rule})
	}
	suite.CheckFaults(t, "TestFaultySnapshots", snapshotFaultVariable, all)
}
