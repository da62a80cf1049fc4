package jetstream_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
)

// Two stores of an account have a reactor of the same name, and the default bucket of
// leases.
func TestReactorsOfTwoStoresHaveALeaseEach(t *testing.T) {
	nc := connect(t, 1)
	leases, err := jetstream.OpenLeases(t.Context(), nc, jetstream.LeaseConfig{})
	require.NoError(t, err)
	var keys []string
	for range 2 {
		s := openWith[string, core.NoMetadata](t, fresh(1))
		worker := reactor.NewWorker(s, reactor.Define("north.mailer", reactor.On(func(context.Context, core.Recorded[noted, string, uint64, core.NoMetadata]) error { return nil }))).WithLeases(leases)
		ended := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { ended <- worker.Run(ctx) }()
		t.Cleanup(func() { // both run until the test ends
			cancel()
			require.NoError(t, <-ended)
		})
		_, err := core.CommitEvents(t.Context(), s, account("a"), notes("a", 3), core.NoMetadata{})
		require.NoError(t, err)
		within, stop := context.WithTimeout(t.Context(), 30*time.Second)
		require.NoError(t, worker.CatchUp(within), "the reactor of one store waits for that of the other")
		stop()
		keys = append(keys, "reactor.north.mailer."+s.StoreID())
	}
	require.Subset(t, keysOf(t, nc, "LEASES"), keys)
}

func TestLeaseThatCannotHaveAKeyIsRefused(t *testing.T) {
	leases, err := jetstream.OpenLeases(t.Context(), connect(t, 1), jetstream.LeaseConfig{})
	require.NoError(t, err)
	for _, name := range []string{"", strings.Repeat("x", 256), strings.Repeat("a.", 3000)} {
		err := leases.Hold(t.Context(), name, func(context.Context) error { return nil })
		require.ErrorAs(t, err, new(*core.NameError))
	}
	for _, name := range []string{"a..b", ".", "reactor.*.>", strings.Repeat(strings.Repeat("\xff", 254)+".", 3)} {
		require.NoError(t, leases.Hold(t.Context(), name, func(context.Context) error { return nil }))
	}
}

func keysOf(t *testing.T, nc *nats.Conn, bucket string) []string {
	t.Helper()
	js := jetStream(t, nc)
	kv, err := js.KeyValue(t.Context(), bucket)
	require.NoError(t, err)
	keys, err := kv.Keys(t.Context())
	require.NoError(t, err)
	return keys
}
