package storetest_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fakes"
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
	for _, f := range slices.Concat(faults, followingFaults, entryFaults, tornFaults, guardFaults) {
		if f.name == fault {
			change = f.change
		}
	}
	storetest.Run(t, storetest.Harness[string, uint64, fakes.Text]{
		Open:     func(*testing.T) core.EventStore[string, uint64, fakes.Text] { return newMutant(change) },
		ID:       func(i int) string { return fmt.Sprint("ID-", i) },
		Metadata: func(i int) fakes.Text { return fakes.Text(fmt.Sprint("metadata ", i)) },
		TextID:   func(text string) string { return text },
		Tear: func(t *testing.T, store core.EventStore[string, uint64, fakes.Text], keep int, commits ...commit) {
			t.Helper()
			store.(*mutant).tear(t, keep, commits...)
		},
		CommitUnreadable: fakes.CommitUnreadable[string, uint64],
	})
}

func TestFaultsAreNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the suite once for each fault")
	}
	var all []suite.Fault
	for _, f := range slices.Concat(faults, followingFaults, entryFaults, tornFaults, guardFaults) {
		all = append(all, suite.Fault{Name: f.name, Rule: f.rule})
	}
	suite.CheckFaults(t, "TestFaulty", faultVariable, all)
}
