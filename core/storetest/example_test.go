package storetest_test

import (
	"fmt"
	"testing"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/storetest"
)

// A store's own tests run the suite like this.
func ExampleRun() {
	_ = func(t *testing.T) { // func TestStore(t *testing.T)
		storetest.Run(t, storetest.Harness[string, uint64, string]{
			Open: func(*testing.T) core.EventStore[string, uint64, string] {
				return memory.New[string, string]()
			},
			ID:       func(i int) string { return fmt.Sprint("account-", i) },
			Metadata: func(i int) string { return fmt.Sprint("user ", i) },
			TextID:   func(text string) string { return text },
		})
	}
}
