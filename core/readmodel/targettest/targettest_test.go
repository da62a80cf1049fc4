package targettest_test

import (
	"context"
	"os"
	"testing"

	"github.com/jetsource/jetsource/core/internal/suite"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/targettest"
)

type tx = *targettest.Tx

// harness returns that of a target in memory.
func harness(open func() *mutant) targettest.Harness[tx] {
	return targettest.Harness[tx]{
		Open:  func(*testing.T) readmodel.Target[tx] { return open() },
		Begin: func(context.Context, tx) error { return nil },
		Set: func(_ context.Context, t tx, key, value string) error {
			t.Set("rows", key, value)
			return nil
		},
		Get: func(_ context.Context, t tx, key string) (string, error) {
			if readsNothing.Load() {
				return "", nil
			}
			return t.Get("rows", key), nil
		},
		Fail: func(_ context.Context, t tx) error { return t.Fail() },
		End: func(_ context.Context, t tx) error {
			t.End()
			return nil
		},
		Rows: func(_ context.Context, target readmodel.Target[tx], l readmodel.Layout) (map[string]string, error) {
			return target.(*mutant).Rows(l, "rows"), nil
		},
		Promoted: func(ctx context.Context, target readmodel.Target[tx], model string) (map[string]string, error) {
			m := target.(*mutant)
			return m.promotedRows(ctx, model)
		},
	}
}

func TestMemory(t *testing.T) {
	targettest.Run(t, harness(func() *mutant { return newMutant(func(*mutant) {}) }))
}

const variable = "JETSOURCE_TARGET_FAULT"

// TestFaultyTarget is run by TestEveryRuleNoticesItsFault.
func TestFaultyTarget(t *testing.T) {
	name, ok := os.LookupEnv(variable)
	if !ok {
		t.Skip("is run by another test")
	}
	change := func(*mutant) {}
	for _, f := range faults {
		if f.name == name {
			change = f.change
		}
	}
	targettest.Run(t, harness(func() *mutant { return newMutant(change) }))
}

func TestEveryRuleNoticesItsFault(t *testing.T) {
	var all []suite.Fault
	for _, f := range faults {
		all = append(all, suite.Fault{Name: f.name, Rule: f.rule})
	}
	suite.CheckFaults(t, "TestFaultyTarget", variable, all)
}
