package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

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
