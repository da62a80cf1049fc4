package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
)

// notedBank notes what it transfers.
type notedBank struct{ coretest.Effects }

func (b *notedBank) transfer(_, booking string) error {
	b.Add("refund of %s", booking)
	return nil
}

var key = core.Key[string]{Kind: "booking", ID: "B-1"}

// given is a booking that was requested half past nine, as far as it is reserved.
func given(t *testing.T) (*coretest.ReactorScenario[string, core.NoMetadata], *notedBank) {
	store, bank := memory.New[string, core.NoMetadata](), new(notedBank)
	m := &manager{bookings: core.NewRepository(store, booking), paymentTime: 30 * time.Minute, bank: bank}
	return coretest.GivenReactor(t, store, m.reactor()).
		When(key, Requested{Guest: "ada", Room: "12"}).
		Then(key, Reserved{Until: time.Now().UTC().Add(30 * time.Minute).Format("15:04")}).
		ThenTimers("payment of booking B-1"), bank
}

func TestBookingThatIsPaidStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, bank := given(t)
		s.Passes(29*time.Minute).ThenNothing().
			When(key, Paid{}).ThenNothing().ThenTimers().
			Passes(24 * time.Hour).ThenNothing().ThenEffects(&bank.Effects)
	})
}

func TestBookingThatIsNotPaidExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, bank := given(t)
		s.Passes(30*time.Minute).Then(key, Expired{}).ThenTimers().
			When(key, Paid{}).Then(key, Refunded{}).ThenEffects(&bank.Effects, "refund of B-1")
	})
}

func TestStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		require.NoError(t, run(t.Context(), &out, time.Minute))
		require.Contains(t, out.String(), "  parked: booking.refunded of booking late, because the bank is closed\n")
		require.True(t, strings.HasSuffix(out.String(), "- that is all\n  early: paid\n  never: expired\n  late: refunded\n  0 timers are pending\n"), out.String())
		require.Contains(t, out.String(), "the bank gives back the money for late\n")
	})
}
