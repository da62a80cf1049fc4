package main

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream"
)

// A restore that is interrupted just when its stream was made goes on all the same.
func TestRestoreThatIsInterruptedWhileItsStreamIsMadeGoesOn(t *testing.T) {
	from, dir := newWorld(t), filepath.Join(t.TempDir(), "backup")
	old := from.fill(3)
	from.must("backup", dir)
	to := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	made, err := to.nc.SubscribeSync("$JS.EVENT.ADVISORY.STREAM.CREATED.EVENTS")
	require.NoError(t, err)
	go func() {
		defer cancel()
		_, _ = made.NextMsgWithContext(ctx)
	}()
	code, _, errs := to.within(ctx, "restore", dir)
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "interrupted")
	require.Contains(t, to.must("restore", dir), "the log is sound")
	require.Equal(t, from.events(old), to.events(to.open(jetstream.Config{MustExist: true})))
}
