//go:build unix

// Faults commits to a store on a cluster of three nats-servers, follows it,
// reacts to it and loads from it, while the servers are killed, paused, cut off
// from each other and from their clients; then it holds what was answered
// against what the servers have.
//
//	go run ./jetstream/cmd/faults                                  # a minute of faults
//	go run ./jetstream/cmd/faults -for 20m -sync always -seed 1
//	go run ./jetstream/cmd/faults -h                               # all flags
//	go run ./jetstream/cmd/faults -kinds none -for 5s -control torn
//	go run ./jetstream/cmd/faults -check faults-1.history
//
// Eight clients of four goroutines, each first connected to another server,
// commit to some four dozen aggregates and to new ones all the time: on a
// version, unchecked, to several aggregates at once; half of them in groups.
// Three subscribers follow, two workers share a reactor whose outputs are
// commits, and five loaders load from snapshots and without, three of which never
// leave their server. Commits of which the outcome was unknown are asked about
// until it is not.
//
// Package check says what must hold. Its exit status is 1 if something does not;
// the history is then kept in a file, for -check. What a seed decides is which
// faults happen and what clients ask for: how they meet in time it cannot.
//
// A control does something wrong on purpose, to see that the right checker finds
// it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

func main() {
	cluster.Serve()
	// What the library warns of is what this program is about.
	slog.SetDefault(quiet())
	o, err := parse(os.Args[1:], flag.CommandLine)
	if err == nil {
		err = interruptible(o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

// interruptible ends in order when it is asked to.
func interruptible(o options, out io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return start(ctx, o, out)
}

// errViolated says that the store broke a promise, or that a control did.
var errViolated = errors.New("the history is not what it must be")

// start does what the options say.
func start(ctx context.Context, o options, out io.Writer) error {
	if o.check != "" {
		h, err := history.Read(o.check)
		if err != nil {
			return err
		}
		if report(out, h) != nil {
			return errViolated
		}
		return nil
	}
	h, err := perform(ctx, o, out)
	if err != nil {
		err = fmt.Errorf("seed %d: %w", o.seed, err)
	} else if flagged := report(out, h); flagged != nil {
		err = fmt.Errorf("seed %d: %w: %v", o.seed, errViolated, flagged)
	}
	if h != nil && (o.saveAlways || err != nil) {
		err = errors.Join(err, h.Save(o.save))
		_, _ = fmt.Fprintln(out, "history in", o.save)
	}
	if err != nil {
		return err
	}
	return o.enough(h)
}

// perform runs a load with faults on a cluster of its own.
func perform(ctx context.Context, o options, out io.Writer) (h *history.History, err error) {
	dir, err := os.MkdirTemp(o.dir, "faults-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if o.keep {
			_, _ = fmt.Fprintln(out, "servers are in", dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	c, err := cluster.Start(cluster.Config{Dir: dir, Sync: o.sync})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	_, _ = fmt.Fprintln(out, o)
	return newRun(c, "EVENTS", o, out).execute(ctx)
}

// enough is an error if a run was too small to be a test.
func (o options) enough(h *history.History) error {
	acked := 0
	for _, op := range h.Ops {
		if op.Outcome == history.OK {
			acked++
		}
	}
	if len(h.Faults) < o.minFaults || acked < o.minCommits {
		return fmt.Errorf("%d faults and %d commits are too few", len(h.Faults), acked)
	}
	return nil
}
