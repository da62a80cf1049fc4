//go:build unix

package jetstream_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// shares returns how many partitions each process has, by what is kept with the leases.
func shares(t *testing.T, leases *jetstream.Leases, reactor string) map[string]int {
	t.Helper()
	value, _, err := leases.ReadLease(t.Context(), reactor)
	require.NoError(t, err)
	var roster struct {
		Partitions []struct{ Owner string }
	}
	if len(value) > 0 { // none has come yet
		require.NoError(t, json.Unmarshal(value, &roster))
	}
	all := make(map[string]int)
	for _, p := range roster.Partitions {
		all[p.Owner]++
	}
	return all
}

// Partitions are even soon after a process has come or died, and no output is missing or twice.
func TestPartitionsAreEvenSoonAfterProcessesComeAndDie(t *testing.T) {
	t.Parallel()
	srv, s := openListening(t)
	nc, err := nats.Connect(srv.URL(), nats.Timeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	leases, err := jetstream.OpenLeases(t.Context(), nc, jetstream.LeaseConfig{})
	require.NoError(t, err)
	var managers []*exec.Cmd
	t.Cleanup(func() {
		for _, p := range managers {
			kill(p)
		}
	})
	inputs := 0
	even := func(what string, processes int) {
		begun := time.Now()
		isEven := func() bool {
			_, err := core.CommitEvents(t.Context(), s, account(fmt.Sprint(inputs%100)), []core.Event{deposited{inputs}}, core.NoMetadata{})
			require.NoError(t, err)
			inputs++
			all := shares(t, leases, "reactor.manager."+s.StoreID())
			for owner, n := range all {
				if owner == "" || n < 16/processes || n > 16/processes+1 {
					return false
				}
			}
			return len(all) == processes
		}
		require.Eventually(t, isEven, time.Minute, 5*time.Millisecond, "%s", what)
		t.Logf("%s: even after %v", what, time.Since(begun).Round(10*time.Millisecond))
	}
	for n := 1; n <= 3; n++ {
		managers = append(managers, startManager(t, srv.URL()))
		even(fmt.Sprintf("a process comes, %d", n), n)
	}
	kill(managers[0])
	managers = managers[1:]
	even("a process is killed, 2", 2)
	receipts := func() []core.StoredEvent[string, uint64, core.NoMetadata] {
		return load(t, s, core.Filter[string, uint64]{EventKind: receipt{}.EventKind()})
	}
	require.Eventually(t, func() bool { return len(receipts()) >= inputs }, time.Minute, 50*time.Millisecond)
	made := make(map[int]int)
	for _, e := range receipts() {
		r, err := core.Decode[receipt](s, e)
		require.NoError(t, err)
		made[r.Of]++
	}
	require.Len(t, made, inputs)
	for of, n := range made {
		require.Equal(t, 1, n, "of %d", of)
	}
	t.Logf("%d inputs, each with one output", inputs)
}
