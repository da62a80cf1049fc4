// Peers compares the library with PostgreSQL and with SQLite. The three do the same
// work in turns, because the speed of a machine changes from minute to minute: the
// ratios count, and how far they spread over the rounds. The program starts the
// databases itself, and removes them. See ../README.md for how each row is measured.
//
//	make bench-peers BENCH="[-events N] [-round D] [-rounds N] [-run REGEXP]"
//
// It is a module of its own: what it needs of other databases is no dependency of
// the library.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

func main() {
	b := bench{out: os.Stdout}
	flag.DurationVar(&b.turn, "round", 130*time.Millisecond, "`duration` of one turn of a database")
	flag.IntVar(&b.rounds, "rounds", 5, "`number` of turns of each that are measured")
	flag.IntVar(&b.events, "events", 300_000, fmt.Sprintf("`number` of events in small aggregates, a multiple of %d", largeEvents))
	only := flag.String("run", "", "run only the rows with a name that matches `REGEXP`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	if b.only, err = regexp.Compile(*only); err == nil {
		err = b.run(ctx)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}
