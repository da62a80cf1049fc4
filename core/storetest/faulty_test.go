package storetest_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/storetest"
)

// faultVariable tells a process of these tests which fault its store has.
const faultVariable = "STORETEST_FAULT"

// TestFaulty runs the suite on a faulty store, in the processes that
// TestFaultsAreNoticed starts: a suite that fails would fail its own test.
func TestFaulty(t *testing.T) {
	fault, ok := os.LookupEnv(faultVariable)
	if !ok {
		t.Skip("runs in a process of TestFaultsAreNoticed")
	}
	storetest.Hurry()
	change := func(*mutant) {}
	for _, f := range slices.Concat(faults, followingFaults, entryFaults) {
		if f.name == fault {
			change = f.change
		}
	}
	storetest.Run(t, storetest.Harness[string, uint64, string]{
		Open:     func(*testing.T) core.EventStore[string, uint64, string] { return newMutant(change) },
		ID:       func(i int) string { return fmt.Sprint("ID-", i) },
		Metadata: func(i int) string { return fmt.Sprint("metadata ", i) },
		TextID:   func(text string) string { return text },
	})
}

// rules runs the suite of events in a process of its own.
func rules(t *testing.T, fault string) map[string]bool {
	t.Helper()
	return rulesOf(t, "TestFaulty", faultVariable, fault)
}

// rulesOf runs a test that is a suite, with a fault in what it checks, in a
// process of its own, and returns whether each rule failed.
func rulesOf(t *testing.T, suite, variable, fault string) map[string]bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+suite+"$", "-test.v", "-test.timeout=60s")
	// The race detector would have each process wait a second before it ends.
	cmd.Env = append(os.Environ(), variable+"="+fault, "GORACE=atexit_sleep_ms=0")
	output, _ := cmd.CombinedOutput()
	// The results of rules, by the subtest of the rule.
	results := regexp.MustCompile(`(?m)^ {8}--- (PASS|FAIL|SKIP): ` + suite + `/[^/]+/(.*) \(`)
	failed := make(map[string]bool)
	for _, match := range results.FindAllStringSubmatch(string(output), -1) {
		failed[strings.ReplaceAll(match[2], "_", " ")] = match[1] == "FAIL"
	}
	if len(failed) == 0 || strings.Contains(string(output), "\npanic: ") {
		t.Fatalf("the suite did not come to its end:\n%s", output)
	}
	return failed
}

// mustNotice runs a suite on a fault until the rule fails, and returns whether
// each rule failed then. Some faults show only if goroutines happen to meet,
// which on a busy machine they may not: they have three runs.
func mustNotice(t *testing.T, rules func(*testing.T, string) map[string]bool, fault, rule string) map[string]bool {
	t.Helper()
	for range 3 {
		if failed := rules(t, fault); failed[rule] {
			return failed
		}
	}
	t.Errorf("the rule %q does not notice it", rule)
	return nil
}

func TestFaultsAreNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the suite once for each fault")
	}
	sound := rules(t, "")
	var mu sync.Mutex
	noticed := make(map[string]bool) // rules that noticed something; guarded by mu
	t.Run("fault", func(t *testing.T) {
		for _, fault := range slices.Concat(faults, followingFaults, entryFaults) {
			t.Run(fault.name, func(t *testing.T) {
				t.Parallel()
				failed := mustNotice(t, rules, fault.name, fault.rule)
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
