package storetest_test

import (
	"errors"
	"testing"

	"github.com/jetsource/jetsource/core"
)

// tearable is a store that can be told to tear its next commit.
type tearable[ID, Pos comparable, M any] interface {
	core.EventStore[ID, Pos, M]
	TearNext(keep int)
}

// tear is the Tear of a harness for stores that can be told.
func tear[ID, Pos comparable, M any](t *testing.T, store core.EventStore[ID, Pos, M], keep int, commits ...core.Commit[ID, Pos, M]) {
	t.Helper()
	store.(tearable[ID, Pos, M]).TearNext(keep)
	if _, err := store.Commit(t.Context(), commits...); !errors.Is(err, core.ErrUnknownOutcome) {
		t.Fatalf("a commit that is torn after %d messages: got error %v, want core.ErrUnknownOutcome", keep, err)
	}
}
