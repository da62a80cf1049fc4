package suite

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// Fault is a mistake of a store, and the rule that must notice it.
type Fault struct{ Name, Rule string }

// CheckFaults runs a test that is a suite, once without a fault, when no rule may
// fail, and once for each fault, when its rule must: each in a process of its own
// whose environment variable names the fault. Each rule must have a fault.
func CheckFaults(t *testing.T, test, variable string, faults []Fault) {
	t.Helper()
	sound := results(t, test+"/", variable, "")
	missing := make(map[string]bool) // rules without a fault
	for rule, failed := range sound {
		missing[rule] = true
		if failed {
			t.Errorf("a sound store fails the rule %q", rule)
		}
	}
	for _, fault := range faults {
		delete(missing, fault.Rule)
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			mustNotice(t, test, variable, fault)
		})
	}
	for rule := range missing {
		t.Errorf("no fault makes the rule %q fail", rule)
	}
}

// results runs tests in a process of its own, with a fault in its store, and returns
// whether each rule failed.
func results(t *testing.T, tests, variable, fault string) map[string]bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+tests, "-test.v", "-test.timeout=60s")
	// The race detector would have each process wait a second before it ends.
	cmd.Env = append(os.Environ(), variable+"="+fault, "GORACE=atexit_sleep_ms=0")
	output, _ := cmd.CombinedOutput()
	// The results of rules, by the subtest of the rule.
	lines := regexp.MustCompile(`(?m)^ {8}--- (PASS|FAIL|SKIP): [^/]+/[^/]+/(.*) \(`)
	failed := make(map[string]bool)
	for _, match := range lines.FindAllStringSubmatch(string(output), -1) {
		failed[strings.ReplaceAll(match[2], "_", " ")] = match[1] == "FAIL"
	}
	if len(failed) == 0 || strings.Contains(string(output), "\npanic: ") {
		t.Fatalf("the suite did not come to its end:\n%s", output)
	}
	return failed
}

// mustNotice runs a rule on its fault until it fails. Some faults show only if
// goroutines happen to interleave, which on a busy machine they may not: they have
// ten runs.
func mustNotice(t *testing.T, test, variable string, fault Fault) {
	t.Helper()
	rule := test + "/.*/^" + regexp.QuoteMeta(strings.ReplaceAll(fault.Rule, " ", "_")) + "$"
	for range 10 {
		if results(t, rule, variable, fault.Name)[fault.Rule] {
			return
		}
	}
	t.Errorf("the rule %q does not notice it", fault.Rule)
}
