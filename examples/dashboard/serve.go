package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// grace is how long requests may take to end. It is longer than a read waits.
const grace = 10 * time.Second

// serve follows the store and answers requests, until ctx ends or one of them
// fails. Then it ends what was begun, last first.
func serve(ctx context.Context, w *Warehouse, listener net.Listener, out io.Writer) (err error) {
	// The board goes on until the last request is answered.
	following, unfollow := context.WithCancel(context.WithoutCancel(ctx))
	defer unfollow()
	followed := make(chan error, 1)
	go func() { followed <- w.board.Run(following) }()
	defer func() {
		unfollow()
		err = errors.Join(err, <-followed)
	}()

	// Nobody is shown a past that is still being read.
	err = w.board.CatchUp(ctx)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return fmt.Errorf("catch up: %w", err)
	}

	ending, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	a := &api{Warehouse: w, ending: ending, heartbeat: 15 * time.Second}
	server := &http.Server{Handler: a.routes(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	server.RegisterOnShutdown(end)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	_, _ = fmt.Fprintf(out, "listening on http://%s\n", listener.Addr())

	select {
	case <-ctx.Done():
	case reason := <-followed:
		followed <- reason // for whoever waits below
	case reason := <-served:
		served <- reason
	}
	hurry, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if drain := server.Shutdown(hurry); drain != nil {
		err = errors.Join(err, fmt.Errorf("drain: %w", drain), server.Close())
	}
	if reason := <-served; !errors.Is(reason, http.ErrServerClosed) {
		err = errors.Join(err, reason)
	}
	return err
}
