package suite

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Fault is a mistake of a store, and the rule that must notice it.
type Fault struct{ Name, Rule string }

// CheckFaults runs a test that is a suite, once for each fault and once without,
// each in a process of its own whose environment variable names the fault. Each
// fault must fail its rule, each rule must be failed by a fault, and without a
// fault no rule may fail.
func CheckFaults(t *testing.T, test, variable string, faults []Fault) {
	t.Helper()
	sound := failures(t, test, variable, "")
	var mu sync.Mutex
	noticed := make(map[string]bool) // rules that noticed something; guarded by mu
	t.Run("fault", func(t *testing.T) {
		for _, fault := range faults {
			t.Run(fault.Name, func(t *testing.T) {
				t.Parallel()
				failed := mustNotice(t, test, variable, fault)
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

// failures runs a test that is a suite in a process of its own, with a fault in
// its store, and returns whether each rule failed.
func failures(t *testing.T, test, variable, fault string) map[string]bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$", "-test.v", "-test.timeout=60s")
	// The race detector would have each process wait a second before it ends.
	cmd.Env = append(os.Environ(), variable+"="+fault, "GORACE=atexit_sleep_ms=0")
	output, _ := cmd.CombinedOutput()
	// The results of rules, by the subtest of the rule.
	results := regexp.MustCompile(`(?m)^ {8}--- (PASS|FAIL|SKIP): ` + test + `/[^/]+/(.*) \(`)
	failed := make(map[string]bool)
	for _, match := range results.FindAllStringSubmatch(string(output), -1) {
		failed[strings.ReplaceAll(match[2], "_", " ")] = match[1] == "FAIL"
	}
	if len(failed) == 0 || strings.Contains(string(output), "\npanic: ") {
		t.Fatalf("the suite did not come to its end:\n%s", output)
	}
	return failed
}

// mustNotice runs a suite on a fault until its rule fails, and returns whether each
// rule failed then. Some faults show only if goroutines happen to interleave, which
// on a busy machine they may not: they have three runs.
func mustNotice(t *testing.T, test, variable string, fault Fault) map[string]bool {
	t.Helper()
	for range 3 {
		if failed := failures(t, test, variable, fault.Name); failed[fault.Rule] {
			return failed
		}
	}
	t.Errorf("the rule %q does not notice it", fault.Rule)
	return nil
}
