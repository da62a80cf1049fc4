package main

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
)

// The rights to look at reactors, and to steer one.
var (
	leaseRights  = []string{"$JS.API.STREAM.INFO.KV_LEASES", "$JS.API.DIRECT.GET.KV_LEASES.$KV.LEASES.reactor.>"}
	lookRights   = []string{infoRight, readRight, messageRight}
	messageRight = "$JS.API.STREAM.MSG.GET.EVENTS"
	steerRight   = "events.*._reactor-the_2Eoffice.*"
)

func steeringDuties() []duty {
	looks, steers := slices.Concat(lookRights, leaseRights), []string{infoRight, messageRight, steerRight}
	return []duty{
		{[]string{"reactors"}, looks},
		{[]string{"reactors", "show", "the.office"}, looks},
		{[]string{"parked"}, lookRights},
		{[]string{"timers"}, lookRights},
		{[]string{"reactors", "pause", "the.office"}, steers},
		{[]string{"reactors", "reset", "the.office", "2"}, steers},
		{[]string{"reactors", "skip", "the.office", ""}, append(looks, steerRight)},
		{[]string{"reactors", "resume", "the.office"}, steers},
		{[]string{"parked", "replay", "the.office", "1"}, append(steers, readRight)},
		{[]string{"parked", "discard", "the.office", "2"}, append(steers, readRight)},
	}
}

func TestSteeringNeedsItsRights(t *testing.T) {
	all := steeringDuties()
	checkDuties(t, all, func(w *world) {
		leases, err := jetstream.OpenLeases(t.Context(), w.nc, jetstream.LeaseConfig{Logger: quiet()})
		require.NoError(t, err)
		o := &office{world: w, store: w.open(jetstream.Config{Logger: quiet()}), leases: leases}
		o.closed.Store(true)
		o.commit("a", deposited{1}, deposited{2})
		o.commit("b", opened{"bob"})
		o.run(parks)
		find := func() *bankWorker {
			found, err := reactor.Find(t.Context(), o.store, "the.office")
			if err != nil {
				require.ErrorIs(t, err, reactor.ErrUnknown)
				return nil
			}
			return found.WithLeases(leases)
		}
		eventually := func(is func(*bankWorker) bool) {
			require.Eventually(t, func() bool { found := find(); return found != nil && is(found) }, time.Minute, 20*time.Millisecond)
		}
		eventually(func(found *bankWorker) bool {
			parked, err := found.Parked(t.Context())
			require.NoError(t, err)
			timers, err := found.Timers(t.Context())
			require.NoError(t, err)
			return len(parked) == 2 && len(timers) == 1
		})
		o.closed.Store(false)
		require.NoError(t, find().Pause(t.Context()))
		eventually(func(found *bankWorker) bool {
			status, err := found.Status(t.Context())
			require.NoError(t, err)
			return status.Partitions[0].Worker == ""
		})
		o.commit("a", deposited{3}) // which is ahead of it
		end, err := o.store.LatestVersion(t.Context())
		require.NoError(t, err)
		all[6].args[3] = end.String()
	})
}
