package coretest

import (
	"context"
	"testing"
)

// Runner follows a store: a reactor.Worker or a projection.Live.
type Runner interface {
	Run(ctx context.Context) error
	CatchUp(ctx context.Context) error
}

// CatchUp runs a runner until it has processed every event that is in the store
// now, and stops it. It fails the test with the error that ended the runner. Give a
// worker a limit of attempts: without one, a failed reaction is repeated without
// end.
func CatchUp(t testing.TB, runner Runner) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(ctx) }()
	err := runner.CatchUp(ctx)
	cancel()
	if reason := <-ended; reason != nil {
		err = reason
	}
	if err != nil {
		t.Fatalf("catch up: %v", err)
	}
}
