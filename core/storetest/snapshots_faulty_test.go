package storetest_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
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

// snapshotResults are the results of rules, by the subtest of the rule.
var snapshotResults = regexp.MustCompile(`(?m)^ {8}--- (PASS|FAIL|SKIP): TestFaultySnapshots/[^/]+/(.*) \(`)

// snapshotRules runs the suite in a process of its own, and returns whether each
// rule failed.
func snapshotRules(t *testing.T, fault string) map[string]bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFaultySnapshots$", "-test.v", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), snapshotFaultVariable+"="+fault, "GORACE=atexit_sleep_ms=0")
	output, _ := cmd.CombinedOutput()
	failed := make(map[string]bool)
	for _, match := range snapshotResults.FindAllStringSubmatch(string(output), -1) {
		failed[strings.ReplaceAll(match[2], "_", " ")] = match[1] == "FAIL"
	}
	if len(failed) == 0 || strings.Contains(string(output), "\npanic: ") {
		t.Fatalf("the suite did not come to its end:\n%s", output)
	}
	return failed
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
				failed := snapshotRules(t, fault.name)
				if !failed[fault.rule] {
					t.Errorf("the rule %q does not notice it", fault.rule)
				}
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
