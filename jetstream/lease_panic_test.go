package jetstream_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream"
)

func TestLeaseIsGivenBackWhenItsFunctionPanicsOrExits(t *testing.T) {
	for name, fail := range map[string]func(){"panic": func() { panic("unlucky") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			leases, err := jetstream.OpenLeases(t.Context(), connect(t, 1), jetstream.LeaseConfig{Bucket: "PANICS"})
			require.NoError(t, err)
			var held context.Context
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				defer func() { _ = recover() }()
				_ = leases.Hold(t.Context(), name, func(ctx context.Context) error {
					held = ctx
					fail()
					return nil
				})
			}()
			<-ended
			require.Error(t, held.Err(), "it is not renewed any more")
			require.NoError(t, leases.Hold(t.Context(), name, func(context.Context) error { return nil }))
		})
	}
}
