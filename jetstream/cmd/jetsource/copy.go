package main

import (
	"context"
	"errors"
	"flag"
	"strings"

	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/transform"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

// copying is what a copy does.
type copying struct {
	rules, program string
	cfg            jetstream.Config // of the new store
}

func copyCommand() command {
	var c copying
	return command{
		name: "copy", args: "--to <stream> --prefix <prefix>", short: "WRITES: a new store from this one, with changes",
		long: `Copies the log to a new stream of the same server. --map names a file of rules, JSON:

  {"kinds": {"old": "new"}, "aggregates": {"old": "new"}, "drop": ["kind"], "drop_aggregates": ["kind"]}

A kind with sealed events cannot be renamed: what is sealed is bound to it. The EventHistory of
the new kind reads it as it is: core.Renamed, core.Was.

--exec names a program that reads each event as a line of JSON and answers with the event as it
is to be, a list of events, or null. Void commits and what was struck out are not copied.
Positions change, and the header Es-Copied-From has the old one. So what reactors have recorded is
not copied either, since it names positions: progress, timers, what is parked. They begin anew,
and react to all events again, unless their workers have StartNow or StartAfter. Unique values and
command ids are kept.

Interrupted, it goes on where it was; until it is done nobody can open the new store.

It needs the rights to STREAM.INFO, STREAM.CREATE, STREAM.UPDATE, STREAM.MSG.GET and DIRECT.GET
of the new stream, under $JS.API., to publish on <prefix>.>, and to read the log.`,
		flags: func(set *flag.FlagSet) {
			set.StringVar(&c.rules, "map", "", "file of rules")
			set.StringVar(&c.program, "exec", "", "program that changes events")
			set.StringVar(&c.cfg.Stream, "to", "", "stream of the new store")
			set.StringVar(&c.cfg.Prefix, "prefix", "", "prefix of its subjects")
			set.IntVar(&c.cfg.Replicas, "replicas", 1, "its replicas")
		},
		run: func(ctx context.Context, p *program, _ []string) error {
			if c.cfg.Stream == "" || c.cfg.Prefix == "" {
				return &usageError{"--to and --prefix name the new store"}
			}
			return p.copy(ctx, c)
		},
	}
}

func (p *program) copy(ctx context.Context, c copying) (err error) {
	l, nc, err := p.openLog(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	if c.cfg.Prefix == l.Prefix() {
		return &usageError{"the new store needs a prefix of its own: two stores of one account cannot share subjects"}
	}
	var rules transform.Rules
	if c.rules != "" {
		if rules, err = transform.ReadRules(c.rules); err != nil {
			return err
		}
	}
	var change func(transform.Event) ([]transform.Event, error)
	if c.program != "" {
		program, err := transform.Start(ctx, c.program)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, program.Close()) }()
		change = program.Change
	}
	t, err := transform.New(rules, c.cfg.Prefix, change)
	if err != nil {
		return err
	}
	if err := checkKinds(ctx, l, t); err != nil {
		return err
	}
	return p.fill(ctx, nc, l, t, c.cfg)
}

// warnOfReactors says which reactors have not in the new store what they have in the old one.
func (p *program) warnOfReactors(ctx context.Context, l *rawlog.Log) error {
	names, err := steer.Names(ctx, l)
	if err != nil || len(names) == 0 {
		return err
	}
	say(p.err, `these reactors begin anew in the new store, without their timers and what they have parked, and react
to all of its events again unless their workers have StartNow or StartAfter: %s
`, view.Printable(strings.Join(names, ", ")))
	return nil
}
