// Bench compares the library with the raw nats.go client. The two do the same
// work in turns, in one process and on the same servers, because the speed of a
// machine changes from minute to minute: the ratio counts, and how far it spreads
// over the rounds. The program starts its own servers. See README.md for how each
// row is measured.
//
//	go run ./jetstream/cmd/bench [-events N] [-round D] [-rounds N] [-run REGEXP]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"time"
)

func main() {
	b := bench{sizes: defaultSizes, results: table{out: os.Stdout}}
	flag.DurationVar(&b.round, "round", 130*time.Millisecond, "`duration` of one turn of the library, or of what it is compared with")
	flag.IntVar(&b.rounds, "rounds", 5, "`number` of turns of each that are measured")
	flag.IntVar(&b.sizes.stream, "events", b.sizes.stream, fmt.Sprintf("`number` of events in the largest stream, at least %d", smallestStream))
	only := flag.String("run", "", "run only the comparisons with a name that matches `REGEXP`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if b.only, err = regexp.Compile(*only); err == nil {
		err = b.run(ctx)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
