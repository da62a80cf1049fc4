package storetest_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/storetest"
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
	storetest.RunSnapshots(t, storetest.SnapshotHarness[string, uint64]{
		Open: func(_ *testing.T, policy core.SnapshotPolicy) store { return newSnapshotMutant(policy, change) },
		Again: func(_ *testing.T, s store, policy core.SnapshotPolicy) store {
			return mutated(s.(*snapshotMutant).memorySnapshots, policy, change)
		},
		ID:       func(i int) string { return fmt.Sprint("ID-", i) },
		Position: func(i int) uint64 { return uint64(10 * (i + 1)) },
		TextID:   func(text string) string { return text },
	})
}

// snapshotRules runs the suite of snapshots in a process of its own.
func snapshotRules(t *testing.T, fault string) map[string]bool {
	t.Helper()
	return rulesOf(t, "TestFaultySnapshots", snapshotFaultVariable, fault)
}

func TestSnapshotFaultsAreNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the suite once for each fault")
	}
	sound := snapshotRules(t, "")
	var mu sync.Mutex
	noticed := make(map[string]bool) // rules that noticed something; guarded by mu
	t.Run("fault", func(t *testing.T) {
		for _, fault := range snapshotFaults {
			t.Run(fault.name, func(t *testing.T) {
				t.Parallel()
				failed := mustNotice(t, snapshotRules, fault.name, fault.rule)
				mu.Lock()
				defer mu.Unlock()
				for rule, failed := range failed {
					noticed[rule] = noticed[rule] || failed
				}
			})
		}
	})
	for rule, failed := range sound {
		if failed {
			t.Errorf("a sound store fails the rule %q", rule)
		}
		if !noticed[rule] {
			t.Errorf("no fault makes the rule %q fail", rule)
		}
	}
}
