// Bench measures the library against the raw client. Each case takes turns with
// its equivalent, in the same run, on the same server, in the same process, for
// the speed of a machine is another each minute: what counts is the ratio, and
// how far it spreads. The program starts its own servers.
//
//	go run ./jetstream/cmd/bench [-events N] [-round D] [-run REGEXP]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"time"
)

func main() {
	var b bench
	flag.DurationVar(&b.round, "round", 130*time.Millisecond, "how `long` a side has its turn")
	flag.IntVar(&b.rounds, "rounds", 5, "how `often` each side has its turn")
	flag.IntVar(&b.events, "events", 1_000_000, "`events` in the largest stream, at least 1000")
	run := flag.String("run", "", "only the cases whose name matches `REGEXP`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if b.only, err = regexp.Compile(*run); err == nil {
		b.out.w = os.Stdout
		err = b.all(ctx)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is a run.
type bench struct {
	round  time.Duration
	rounds int
	events int
	only   *regexp.Regexp
	out    table
}

func (b *bench) all(ctx context.Context) error {
	begun := time.Now()
	for _, section := range []func(context.Context) error{b.commits, b.loads, b.reads, b.updates} {
		if err := section(ctx); err != nil {
			return err
		}
	}
	if len(b.out.rows) == 0 {
		return fmt.Errorf("no case has a name that matches %q", b.only)
	}
	if err := b.out.print(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(b.out.w, "\n%s %s/%s, %d processors, %v\n", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.GOMAXPROCS(0), time.Since(begun).Round(time.Second))
	return err
}

// wants reports whether a case is to be run.
func (b *bench) wants(name string) bool { return b.only.MatchString(name) }

// run runs a case, if it is wanted. Make readies its sides.
func (b *bench) run(ctx context.Context, name, raw string, u unit, make func() (ours, theirs side, err error)) error {
	if !b.wants(name) {
		return nil
	}
	ours, theirs, err := make()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	r, err := contest{name, raw, u, ours, theirs}.run(ctx, b.rounds, b.round)
	if err != nil {
		return err
	}
	return b.out.add(r)
}

// on runs cases on servers that are started for them.
func (b *bench) on(replicas int, lazy bool, cases func(w *world) error) (err error) {
	w := newWorld(replicas, lazy)
	defer func() {
		if closing := w.close(); err == nil {
			err = closing
		}
	}()
	return cases(w)
}
