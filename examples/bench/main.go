// Bench measures the library against the raw client: each case takes turns with
// its equivalent in the same run, on the same server, in the same process, and
// what counts is the ratio. It starts its own servers.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"regexp"
	"time"
)

func main() {
	var (
		round = flag.Duration("round", 300*time.Millisecond, "how long a side has its turn")
		run   = flag.String("run", "", "only the cases whose name matches")
	)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	only, err := regexp.Compile(*run)
	if err == nil {
		err = bench(ctx, *round, only)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func bench(ctx context.Context, round time.Duration, only *regexp.Regexp) error {
	t := &table{w: os.Stdout}
	for _, kind := range []struct {
		replicas int
		lazy     bool
	}{{1, true}, {1, false}, {3, true}, {3, false}} {
		if err := benchCommits(ctx, t, kind.replicas, kind.lazy, round, only); err != nil {
			return err
		}
	}
	return t.print()
}

func benchCommits(ctx context.Context, t *table, replicas int, lazy bool, round time.Duration, only *regexp.Regexp) error {
	w, err := start(replicas, lazy)
	if err != nil {
		return err
	}
	defer w.close()
	for _, events := range []int{1, 3, 10, 100} {
		for _, writers := range []int{1, 8, 64, 512} {
			if !only.MatchString(fmt.Sprintf("commit %d/%d/%s", events, writers, w.name)) {
				continue
			}
			c, err := commits(ctx, w, events, writers)
			if err != nil {
				return err
			}
			r, err := c.run(ctx, round)
			if err != nil {
				return err
			}
			t.add(r)
		}
	}
	return nil
}
