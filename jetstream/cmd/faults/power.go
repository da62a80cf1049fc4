//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

// disks are the file systems of the servers' streams, which can lose power.
type disks [cluster.Size]*powerfs.FS

// mountDisks mounts one file system for each server of a cluster in a directory. What
// survives a loss beside what was synced differs from server to server. Logs are not
// on them.
func mountDisks(dir string, seed uint64) (_ *disks, err error) {
	d := &disks{}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	modes := []powerfs.Mode{powerfs.DropAll, powerfs.Prefix, powerfs.Sectors}
	for i := range d {
		at := filepath.Join(dir, fmt.Sprintf("n%d", i), "jetstream")
		if err := os.MkdirAll(at, 0o700); err != nil {
			return nil, err
		}
		opts := powerfs.Options{Seed: seed + uint64(i), Mode: modes[(seed+uint64(i))%uint64(len(modes))]}
		if d[i], err = powerfs.Mount(at, opts); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// close unmounts the file systems. It does nothing if there are none.
func (d *disks) close() error {
	if d == nil {
		return nil
	}
	var errs []error
	for _, f := range d {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// losePower takes the power of all servers at once.
func losePower(_ context.Context, t *target) error {
	errs := []error{t.cluster.KillAll()}
	for _, f := range t.disks {
		errs = append(errs, f.Lose())
	}
	return errors.Join(errs...)
}

func losePowerOfOne(_ context.Context, t *target) error {
	return errors.Join(t.server().Kill(), t.disks[t.node].Lose())
}

// preparePower mounts the disks if a fault needs them. It leaves out, and says so, the
// faults that cannot be injected here.
func (o *loadOptions) preparePower(dir string, out io.Writer) (*disks, error) {
	if !slices.ContainsFunc(o.faults, func(f fault) bool { return f.power }) {
		return nil, nil
	}
	d, err := mountDisks(dir, o.seed)
	unavailable := errors.Is(err, powerfs.ErrNotAvailable)
	if err != nil && !unavailable {
		return nil, err
	}
	var kept []fault
	for _, f := range o.faults {
		switch {
		case f.power && unavailable:
			_, _ = fmt.Fprintf(out, "NOT TESTED: %s: %v\n", f.kind, err)
		case f.synced && !o.syncAlways:
			_, _ = fmt.Fprintf(out, "NOT TESTED: %s: it loses acked commits by contract unless servers sync always\n", f.kind)
		default:
			kept = append(kept, f)
		}
	}
	if len(kept) == 0 {
		return nil, errors.Join(errors.New("none of the kinds of faults can be injected"), d.close())
	}
	o.faults = kept
	return d, nil
}
