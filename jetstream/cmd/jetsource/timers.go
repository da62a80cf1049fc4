package main

import (
	"context"
	"flag"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

func timersCommand() command {
	reactor := ""
	return command{
		name: "timers", short: "the timers of reactors that are pending",
		long: "Lists the timers that reactors have set and that have not fired, the one that is due first at\nthe front of each reactor's: when it is due, of which aggregate, its name, and the kind of event\nthat it was set with. One that is overdue fires as soon as a worker runs that has its partition.",
		flags: func(set *flag.FlagSet) {
			set.StringVar(&reactor, "reactor", "", "only those of this reactor")
		},
		run: func(ctx context.Context, p *program, _ []string) error {
			return p.steer(ctx, steer.Config{}, func(r *steer.Reactors) error { return listTimers(ctx, p, r, reactor) })
		},
	}
}

func listTimers(ctx context.Context, p *program, r *steer.Reactors, name string) error {
	return listEach(ctx, p, r, name, r.Timers, "no timers are pending", func(t steer.Timer) {
		left := "in " + seconds(time.Until(t.Due).Seconds())
		if time.Now().After(t.Due) {
			left = "overdue for " + seconds(time.Since(t.Due).Seconds())
		}
		p.printf("%-16s  %s (%s)  %s of %s %s, set with %s\n", view.Printable(t.Reactor), t.Due.Format(time.RFC3339), left,
			view.Printable(t.Name), view.Printable(t.Aggregate), view.Printable(t.ID), view.Printable(t.Kind))
	})
}
