package storetest_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/suite"
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
	for _, f := range slices.Concat(faults, followingFaults, entryFaults, tornFaults) {
		if f.name == fault {
			change = f.change
		}
	}
	storetest.Run(t, storetest.Harness[string, uint64, string]{
		Open:     func(*testing.T) core.EventStore[string, uint64, string] { return newMutant(change) },
		ID:       func(i int) string { return fmt.Sprint("ID-", i) },
		Metadata: func(i int) string { return fmt.Sprint("metadata ", i) },
		TextID:   func(text string) string { return text },
		Tear: func(t *testing.T, store core.EventStore[string, uint64, string], keep int, commits ...commit) {
			t.Helper()
			store.(*mutant).tear(t, keep, commits...)
		},
	})
}

func TestFaultsAreNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the suite once for each fault")
	}
	var all []suite.Fault
	for _, f := range slices.Concat(faults, followingFaults, entryFaults, tornFaults) {
		all = append(all, suite.Fault{Name: f.name, Rule: f.rule})
	}
	suite.CheckFaults(t, "TestFaulty", faultVariable, all)
}
