package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

// parkedFlags are those of the command parked.
type parkedFlags struct {
	reactor string
	all     bool
	wait    time.Duration
}

func parkedCommand() command {
	var f parkedFlags
	return command{
		name: "parked", args: "[replay|discard <reactor> <position>]", n: [2]int{0, 3}, short: "what reactors have parked; replay and discard WRITE",
		long: `Lists the events and timers that reactors could not react to and have parked. A parked event is
named by its position, a parked timer by the id that the list shows.

  parked                               of all reactors, or of one: --reactor
  parked replay <reactor> <position>   WRITES: a worker that runs reacts to it again
  parked discard <reactor> <position>  WRITES: it is given up for good
  parked replay <reactor> --all        WRITES: all that the reactor has parked, the oldest first
  parked discard <reactor> --all

A replay is recorded as a request, and the worker that has the event's partition does it within
seconds, if the reactor is not paused. The command waits for that, and tells what came of it. What
fails stays parked, with the new error; then the exit status is 3. What no worker has done when
--wait is over stays asked for.

To write needs the right to publish on <prefix>.*._reactor-<reactor>.*.`,
		flags: func(set *flag.FlagSet) {
			set.StringVar(&f.reactor, "reactor", "", "list what this reactor has parked")
			set.BoolVar(&f.all, "all", false, "replay or discard all of it")
			set.DurationVar(&f.wait, "wait", 30*time.Second, "how long to wait for a worker to replay; 0 to only ask for it")
		},
		run: func(ctx context.Context, p *program, args []string) error { return p.parked(ctx, args, f) },
	}
}

func (p *program) parked(ctx context.Context, args []string, f parkedFlags) error {
	if len(args) == 0 {
		if f.all {
			return &usageError{"--all is for replay and discard"}
		}
		return p.steer(ctx, steer.Config{}, func(r *steer.Reactors) error { return listParked(ctx, p, r, f.reactor) })
	}
	if args[0] != "replay" && args[0] != "discard" {
		return &usageError{fmt.Sprintf("parked cannot %q; it lists what is parked, or takes replay or discard; --reactor lists that of one reactor", args[0])}
	}
	if len(args) < 2 || f.all == (len(args) == 3) {
		return &usageError{args[0] + " takes a reactor and a position, as the list has it, or a reactor and --all"}
	}
	id := append(args, "")[2]
	return p.steer(ctx, steer.Config{Write: true}, func(r *steer.Reactors) error {
		if args[0] == "replay" {
			return p.replay(ctx, r, args[1], id, f.wait)
		}
		return r.Discard(ctx, args[1], id, func(one steer.Parked) error {
			if p.json {
				return printJSON(p.out, map[string]string{"reactor": one.Reactor, "id": one.ID, "done": "discarded"})
			}
			p.printf("%s  discarded: %s\n", view.Printable(one.ID), of(one))
			return nil
		})
	})
}

func listParked(ctx context.Context, p *program, r *steer.Reactors, name string) error {
	return listEach(ctx, p, r, name, r.Parked, "nothing is parked", func(one steer.Parked) {
		asked := ""
		if one.Asked {
			asked = "  (a replay is asked for)"
		}
		p.printf("%-16s %8s  %s  attempt %d: %s%s\n", view.Printable(one.Reactor), view.Printable(one.ID), of(one), one.Attempts, view.Printable(one.Why()), asked)
	})
}

// listEach prints what each reactor has, or one with a name: line prints a value for people, and
// none is said if there are no values.
func listEach[T any](ctx context.Context, p *program, r *steer.Reactors, name string, values func(context.Context, string) ([]T, error), none string, line func(T)) error {
	n := 0
	err := r.Each(ctx, name, func(name string) error {
		all, err := values(ctx, name)
		if err != nil {
			return err
		}
		n += len(all)
		if p.json {
			return printAll(p, all)
		}
		for _, v := range all {
			line(v)
		}
		return nil
	})
	if err == nil && n == 0 && !p.json {
		say(p.err, "%s\n", none)
	}
	return err
}

// of names the event of what is parked.
func of(one steer.Parked) string { return view.Printable(one.Kind + " of " + one.Aggregate) }

// replay has workers replay what is parked, and tells what came of it.
func (p *program) replay(ctx context.Context, r *steer.Reactors, name, id string, wait time.Duration) error {
	failed, n := false, 0
	err := r.Replay(ctx, name, id, wait, func(one steer.Replay) error {
		n++
		failed = failed || !one.Replayed
		switch {
		case p.json:
			return printJSON(p.out, one)
		case one.Replayed:
			p.printf("%s  replayed: %s\n", view.Printable(one.ID), of(one.Parked))
		default:
			p.printf("%s  still parked: %s, attempt %d: %s\n", view.Printable(one.ID), of(one.Parked), one.Attempts, view.Printable(one.Why()))
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case failed:
		return errFindings
	case n == 0 && !p.json && wait > 0:
		say(p.err, "nothing is parked\n")
	case n == 0 && !p.json:
		say(p.err, "asked for; jetsource parked --reactor %s tells what is left\n", view.Printable(name))
	}
	return nil
}
