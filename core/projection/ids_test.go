package projection_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// branchID is an identifier that the store knows as text.
type branchID struct {
	Region string
	Number int
}

func (id branchID) String() string { return fmt.Sprintf("%s-%d", id.Region, id.Number) }

func parseBranchID(text string) (id branchID, err error) {
	region, number, ok := strings.Cut(text, "-")
	if !ok {
		return id, errors.New("has no region")
	}
	id.Region = region
	id.Number, err = strconv.Atoi(number)
	return id, err
}

func TestKeysOfEventsHaveIDsOfTheirOwnType(t *testing.T) {
	type byBranch map[branchID]int64
	branches := projection.Define("branches", projection.OnWithIDs(parseBranchID,
		func(b *byBranch, e core.Recorded[fundsDeposited, branchID, uint64, string]) {
			(*b)[e.Key.ID] += e.Event.Amount
		},
	)).WithInit(func() byBranch { return make(byBranch) })
	store := newBank()
	pay(t, store, "eu-7", 1, 2)
	pay(t, store, "us-1", 4)
	state, err := projection.Load(t.Context(), store, branches)
	require.NoError(t, err)
	require.Equal(t, byBranch{{"eu", 7}: 3, {"us", 1}: 4}, state)
	state, err = projection.Load(t.Context(), store, branches.Of(accountKey("us-1")))
	require.NoError(t, err)
	require.Equal(t, byBranch{{"us", 1}: 4}, state)

	pay(t, store, "nowhere", 8)
	_, err = projection.Load(t.Context(), store, branches)
	unreadable, ok := errors.AsType[*core.DecodeError](err)
	require.True(t, ok, "%v", err)
	require.EqualError(t, unreadable.Err, "id nowhere: has no region")
}
