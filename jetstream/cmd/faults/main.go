//go:build unix

// Faults tests the store on a cluster of three nats-servers while it kills and
// pauses the servers and cuts them off from each other and from their clients.
// Clients commit, load, subscribe and react meanwhile. In the end it compares
// every answer that a client got with what the servers hold. See README.md.
//
//	go run ./jetstream/cmd/faults                              # one minute of faults
//	go run ./jetstream/cmd/faults -for 20m -sync always -seed 1
//	go run ./jetstream/cmd/faults -h                           # all flags
//	go run ./jetstream/cmd/faults -kinds none -for 5s -control torn
//	go run ./jetstream/cmd/faults -check faults-1.history
//
// The exit status is 1 if a promise of the store was broken. The history is saved
// then, for -check. The seed decides which faults are injected and what the
// clients ask for, but not how these meet in time.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
)

func main() {
	cluster.Serve()
	slog.SetDefault(noLogger()) // the library warns of what this program does on purpose
	o, err := parse(flag.CommandLine, os.Args[1:])
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err = command(ctx, o, os.Stdout)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

// noLogger returns a logger that drops everything.
func noLogger() *slog.Logger { return slog.New(slog.DiscardHandler) }
