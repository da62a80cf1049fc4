package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
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

func showReactor(ctx context.Context, p *program, r *steer.Reactors, args []string) error {
	one, err := r.Show(ctx, args[1])
	if err != nil {
		return err
	}
	if p.json {
		return printJSON(p.out, one)
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	say(w, "reactor\t%s\nstate\t%s\n", view.Printable(one.Name), one.State)
	say(w, "takes\t%s\n", view.Printable(strings.Join(one.Kinds, ", ")))
	say(w, "partitions\t%d\n", one.Crew.Partitions)
	for _, worker := range one.Crew.Workers {
		say(w, "worker\t%s has %s\n", view.Printable(worker.Name), ranges(worker.Partitions))
	}
	if one.Crew.Silent != nil {
		say(w, "heard of\t%s ago\n", seconds(*one.Crew.Silent))
	}
	say(w, "position\t%d\n", one.Position)
	if one.Next != nil {
		say(w, "lag\t%d positions to the end\n", one.Lag)
		say(w, "waits\t%d, %s of %s %s, for %s\n", one.Next.Position, view.Printable(one.Next.Kind), view.Printable(one.Next.Aggregate), view.Printable(one.Next.ID), seconds(one.Behind))
	}
	say(w, "parked\t%d\ntimers\t%d\n", one.Parked, one.Timers)
	if err := w.Flush(); err != nil {
		return err
	}
	p.printf("%s", why(one.Reactor))
	return nil
}

// ranges returns numbers in order as "0-7, 9".
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		part := strconv.Itoa(numbers[i])
		if j > i {
			part += "-" + strconv.Itoa(numbers[j])
		}
		parts, i = append(parts, part), j+1
	}
	return strings.Join(parts, ", ")
}

// why says why a reactor stands, if it does, and what can be done about it.
func why(one steer.Reactor) string {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(view.Printable(fmt.Sprintf(format, args...)) + "\n") }
	switch one.State {
	case steer.Paused:
		line("It is paused; jetsource reactors resume %s has it go on.", one.Name)
	case steer.Stopped:
		line("No worker has its partitions: see whether one runs, and what it logs.")
	case steer.Unknown:
		line("Its workers have no leases here, so whether one runs is not known, nor what it tries again; --leases names their bucket.")
	case steer.Running:
		if one.Lag > 0 {
			line("It works on what is behind; a handler that hangs looks like that, too: see whether its position moves.")
		}
	}
	for _, f := range one.Faults {
		if one.State == steer.Paused {
			break // its workers are about to stop
		}
		at := fmt.Sprint("position ", f.Position)
		if f.Position == 0 {
			at = "a timer"
		}
		line("It fails at %s (%s of %s), attempt %d: %s", at, f.Kind, f.Key, f.Attempts, steer.Why(f.ErrorType, f.Reason))
		if f.Position > 0 {
			line("  It is tried again until it succeeds; jetsource reactors skip %s %d has it passed over.", one.Name, f.Position)
		}
	}
	if one.Parked > 0 {
		line("jetsource parked --reactor %s lists what is parked.", one.Name)
	}
	return b.String()
}

func pauseReactor(ctx context.Context, p *program, r *steer.Reactors, args []string) error {
	return p.done(r.Pause(ctx, args[1]), "paused", args[1], "its workers stop within seconds; jetsource reactors resume %s has them go on", args[1])
}

func resumeReactor(ctx context.Context, p *program, r *steer.Reactors, args []string) error {
	return p.done(r.Resume(ctx, args[1]), "resumed", args[1], "its workers go on within seconds")
}

func skipEvent(ctx context.Context, p *program, r *steer.Reactors, args []string) error {
	at, err := position(args[2], 1)
	if err != nil {
		return err
	}
	e, err := r.Skip(ctx, args[1], at)
	if err != nil {
		return err
	}
	return p.done(nil, "skipped", args[1], "it passes over position %d, %s of %s %s, within seconds", at, e.Kind, e.Aggregate, e.ID)
}

func resetReactor(ctx context.Context, p *program, r *steer.Reactors, args []string) error {
	at, err := position(args[2], 0)
	if err != nil {
		return err
	}
	return p.done(r.Reset(ctx, args[1], at), "reset", args[1], "it reacts to the events after position %d next", at)
}

// done says what was done with a reactor, unless err says why not.
func (p *program) done(err error, what, name, format string, args ...any) error {
	if err != nil {
		return err
	}
	if p.json {
		return printJSON(p.out, map[string]string{"reactor": name, "done": what})
	}
	p.printf("%s", view.Printable(fmt.Sprintf("%s: "+format, append([]any{name}, args...)...))+"\n")
	return nil
}

// position reads a position, which is not less than another.
func position(text string, least uint64) (uint64, error) {
	at, err := strconv.ParseUint(text, 10, 64)
	if err != nil || at < least {
		return 0, &usageError{fmt.Sprintf("%q is no position", text)}
	}
	return at, nil
}
