package coretest

import (
	"context"
	"testing"
)

// Runner is what follows a store: a reactor.Worker or a projection.Live.
type Runner interface {
	Run(ctx context.Context) error
	CatchUp(ctx context.Context) error
}

// CatchUp runs a runner until it has dealt with every event that is in the store
// now, and stops it. It fails the test with the error that ended the runner, so
// a worker is best told when to give up: a reaction that fails is tried again
// without end otherwise.
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
