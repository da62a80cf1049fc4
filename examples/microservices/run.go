package microservices

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// Main runs a program until it ends or is asked to, and exits if it failed.
func Main(name string, run func(context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Together runs tasks until ctx ends or one of them does, and returns when all
// have ended.
func Together(ctx context.Context, tasks ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(tasks))
	var wg sync.WaitGroup
	for i, task := range tasks {
		wg.Go(func() {
			defer cancel()
			errs[i] = task(ctx)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Serve returns a task that answers requests on a listener.
func Serve(listener net.Listener, handler http.Handler) func(context.Context) error {
	return func(ctx context.Context) error {
		srv := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
		stopped := make(chan error, 1)
		stop := context.AfterFunc(ctx, func() {
			// Those who are being answered are let finish.
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			stopped <- srv.Shutdown(ctx)
		})
		err := srv.Serve(listener)
		if stop() {
			return err
		}
		return <-stopped
	}
}
