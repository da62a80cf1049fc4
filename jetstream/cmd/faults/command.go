//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

var (
	errViolated = errors.New("the history breaks rules of")
	errTooSmall = errors.New("the load was too small for a test")
)

// command runs the load with faults and checks its history, or checks a saved
// history.
func command(ctx context.Context, o options, out io.Writer) error {
	if o.files.check != "" {
		h, err := history.Read(o.files.check)
		if err != nil {
			return err
		}
		return checkHistory(out, h)
	}
	h, err := runOnNewCluster(ctx, o, out)
	if err == nil {
		err = checkHistory(out, h)
	}
	if err != nil {
		err = fmt.Errorf("seed %d: %w", o.load.seed, err)
	}
	if h != nil && (o.files.saveAlways || err != nil) {
		err = errors.Join(err, h.Save(o.files.history))
		_, _ = fmt.Fprintln(out, "history in", o.files.history)
	}
	return err
}

// checkHistory reports on a history. It returns an error if it breaks a rule, or if
// it is of a load that was too small to break one.
func checkHistory(out io.Writer, h *history.History) error {
	if violated := report(out, h); violated != nil {
		return fmt.Errorf("%w %v", errViolated, violated)
	}
	if h.Run.Shortfall != "" {
		return fmt.Errorf("%w: %s", errTooSmall, h.Run.Shortfall)
	}
	return nil
}

// runOnNewCluster starts a cluster in a directory of its own and runs the load with
// faults on it. It may return a history beside an error: without a log, if the
// servers could not be read.
func runOnNewCluster(ctx context.Context, o options, out io.Writer) (h *history.History, err error) {
	dir, err := os.MkdirTemp(o.files.dir, "faults-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if o.files.keepDir {
			_, _ = fmt.Fprintln(out, "servers in", dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	d, err := o.load.preparePower(dir, out)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	c, err := cluster.Start(cluster.Config{Dir: dir, SyncAlways: o.load.syncAlways})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	_, _ = fmt.Fprintln(out, o)
	r := newRun(c, "EVENTS", o, out)
	r.disks = d
	return r.execute(ctx)
}
