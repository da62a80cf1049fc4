package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

// defaultLeases is the bucket of leases unless an application says otherwise.
const defaultLeases = "LEASES"

func reactorsCommand() command {
	leases := ""
	return command{
		name: "reactors", args: "[<name> | pause|resume|skip|reset <name> …]", n: [2]int{0, 3}, short: "how reactors do, and why one stands; pause, resume, skip, reset WRITE",
		long: `Lists the reactors that have run on the store: whether they run, how far they are, how many events
they are behind and for how long, what they have parked, and their timers.

  reactors                         all of them, a line each
  reactors <name>                  one of them, with its workers, and why it stands if it does
  reactors pause <name>            WRITES: its workers stop, within seconds, wherever they run
  reactors resume <name>           WRITES: they go on
  reactors skip <name> <position>  WRITES: they pass over the event there, also one that fails
  reactors reset <name> <position> WRITES: they react to all events after it, again if they did
                                   before; 0 is the beginning. Outputs and effects are repeated

The state is running, failing (a reaction is tried again and again), paused, stopped (no worker
runs) or unknown. The lag counts positions from the first event on that the reactor takes and has
not processed, also those of other kinds and of entries; 0 is nothing to do.

Which worker has which partition, and how far a reactor without outputs is, are in the bucket of
the leases. Without it a reactor's state is unknown, and its position may be too old.

To write needs the right to publish on <prefix>.*._reactor-<name>.*.`,
		flags: func(set *flag.FlagSet) {
			set.StringVar(&leases, "leases", defaultLeases, "bucket of the workers' leases")
		},
		run: func(ctx context.Context, p *program, args []string) error {
			verb, known := steering[append(args, "")[0]]
			if !known && len(args) == 1 {
				verb, known, args = steering["show"], true, []string{"show", args[0]}
			}
			if !known {
				return &usageError{fmt.Sprintf("reactors cannot %q; it takes pause, resume, skip or reset and a name, or a name alone", args[0])}
			}
			if len(args) != verb.args {
				return &usageError{args[0] + " takes " + verb.takes}
			}
			cfg := steer.Config{Write: verb.writes}
			if verb.asks {
				cfg.Leases = leases
			}
			return p.steer(ctx, cfg, func(r *steer.Reactors) error { return verb.run(ctx, p, r, args) })
		},
	}
}

// verb is something that is done with reactors.
type verb struct {
	takes  string
	args   int  // how many, with its own name
	asks   bool // how far the reactor is
	writes bool
	run    func(context.Context, *program, *steer.Reactors, []string) error
}

var steering = map[string]verb{
	"":       {"", 0, true, false, listReactors},
	"show":   {"the name of a reactor", 2, true, false, showReactor},
	"pause":  {"the name of a reactor", 2, false, true, pauseReactor},
	"resume": {"the name of a reactor", 2, false, true, resumeReactor},
	"skip":   {"the name of a reactor and the position of an event", 3, true, true, skipEvent},
	"reset":  {"the name of a reactor and a position, 0 for the beginning", 3, false, true, resetReactor},
}

// steer calls fn with the reactors of the store.
func (p *program) steer(ctx context.Context, cfg steer.Config, fn func(*steer.Reactors) error) error {
	l, nc, err := p.openLog(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	cfg.Conn, cfg.Log, cfg.Domain = nc, l, p.to.domain
	r, err := steer.Open(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(fn(r), r.Close())
}

func listReactors(ctx context.Context, p *program, r *steer.Reactors, _ []string) error {
	all, err := r.List(ctx)
	if err != nil {
		return err
	}
	if p.json {
		return printAll(p, all)
	}
	if len(all) == 0 {
		say(p.err, "no reactor has run on this store\n")
		return nil
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	say(w, "REACTOR\tSTATE\tPOSITION\tLAG\tBEHIND\tPARKED\tTIMERS\tWORKERS\n")
	for _, one := range all {
		say(w, "%s\t%s\t%d\t%d\t%s\t%d\t%d\t%d\n", view.Printable(one.Name), one.State, one.Position, one.Lag, behind(one), one.Parked, one.Timers, len(one.Crew.Workers))
	}
	return w.Flush()
}

// printAll prints a line of JSON for each value.
func printAll[T any](p *program, all []T) error {
	for _, v := range all {
		if err := printJSON(p.out, v); err != nil {
			return err
		}
	}
	return nil
}

func behind(one steer.Reactor) string {
	if one.Lag == 0 {
		return "-"
	}
	return seconds(one.Behind)
}

// seconds returns a time as people read it.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
