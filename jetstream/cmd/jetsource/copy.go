package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/replay"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/transform"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
	"github.com/nats-io/nats.go"
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
		long: "Copies the log to a new stream of the same server. --map names a file of rules, JSON:\n\n  {\"kinds\": {\"old\": \"new\"}, \"aggregates\": {\"old\": \"new\"}, \"drop\": [\"kind\"], \"drop_aggregates\": [\"kind\"]}\n\nA kind with sealed events cannot be renamed: what is sealed is bound to it. The EventHistory of\nthe new kind reads it as it is: core.Renamed, core.Was.\n\n--exec names a program that reads each event as a line of JSON and answers with the event as it\nis to be, a list of events, or null. Void commits and what was struck out are not copied. Positions\nchange, and the header Es-Copied-From has the old one. So what reactors have recorded is not\ncopied either, since it names positions: progress, timers, what is parked. They begin anew, and\nreact to all events again, unless their workers have StartNow or StartAfter. Unique values and\ncommand ids are kept.\nInterrupted, it goes on where it was; until it is done nobody can open the new store.\n\nIt needs the rights to STREAM.INFO, STREAM.CREATE, STREAM.UPDATE, STREAM.MSG.GET and DIRECT.GET\nof the new stream, under $JS.API., to publish on <prefix>.>, and to read the log.",
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

// fill makes the new store.
func (p *program) fill(ctx context.Context, nc *nats.Conn, l *rawlog.Log, t *transform.Transformer, cfg jetstream.Config) error {
	cfg.Domain = p.to.domain
	target, err := replay.Open(ctx, nc, cfg, l.StoreID())
	if err != nil {
		return err
	}
	to, err := rawlog.Open(ctx, nc, cfg.Stream, cfg.Domain)
	if err != nil {
		return err
	}
	from, next, err := resume(ctx, to, t)
	if err != nil {
		return err
	}
	all, err := view.Gaps(ctx, l)
	if err != nil {
		return err
	}
	gaps := wire.NewGaps(all)
	have := to.Info().State.LastSeq
	err = target.Publish(ctx, func(send func(replay.Message) error) error {
		return p.eachCommit(ctx, l, from, func(old []*rawlog.Message) error {
			old = slices.DeleteFunc(old, func(m *rawlog.Message) bool { return gaps.Has(m.Seq) })
			made, err := t.Commit(old, next)
			if err != nil {
				return err
			}
			for _, m := range made {
				if next > have {
					if err := send(replay.Message{Position: next, Subject: m.Subject, Time: m.Time, Header: m.Header, Data: m.Data}); err != nil {
						return err
					}
				}
				next++
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("%w; run it again to go on", err)
	}
	if err := target.Finish(ctx, ""); err != nil {
		return err
	}
	if !p.json {
		p.printf("%d messages became %d in stream %s; verifying\n", l.Info().State.LastSeq, next-1, cfg.Stream)
	}
	if err := p.warnOfReactors(ctx, l); err != nil {
		return err
	}
	p.to.stream = cfg.Stream
	return errors.Join(p.verify(ctx, false), p.sayHowToOpen(ctx, nc, cfg))
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

// resume reads what the new log has, and returns where to go on: in the old log, and in the
// new one, at the beginning of the last commit, which may not be whole.
func resume(ctx context.Context, to *rawlog.Log, t *transform.Transformer) (from, next uint64, err error) {
	from, next = 1, 1
	var last []*rawlog.Message // of one commit
	take := func() {
		for _, m := range last {
			t.Took(m)
		}
	}
	for m, err := range to.Read(ctx, to.Prefix()+".>", 1, to.Info().State.LastSeq) {
		if err != nil {
			return 0, 0, err
		}
		if len(last) > 0 && last[0].CommitID() != m.CommitID() {
			take()
			last = nil
		}
		last = append(last, m)
	}
	if len(last) == 0 {
		return from, next, nil
	}
	from, err = strconv.ParseUint(last[0].Header.Get(wire.HeaderCopiedFrom), 10, 64)
	if err != nil {
		return 0, 0, fmt.Errorf("position %d of stream %s was not copied: %w", last[0].Seq, to.Info().Config.Name, err)
	}
	return from, last[0].Seq, nil
}

// eachCommit calls f with the messages of each commit. From may be in the middle of one, of
// which the first messages were left out.
func (p *program) eachCommit(ctx context.Context, l *rawlog.Log, from uint64, f func([]*rawlog.Message) error) error {
	end := l.Info().State.LastSeq
	progress := p.progress("copied", end)
	defer progress.end()
	var open []*rawlog.Message
	for m, err := range l.Read(ctx, l.Prefix()+".>", from, end) {
		if err != nil {
			return err
		}
		progress.at(m.Seq)
		if len(open) > 0 && (open[0].CommitID() == "" || open[0].CommitID() != m.CommitID()) {
			if err := f(open); err != nil {
				return err
			}
			open = nil
		}
		open = append(open, m)
	}
	if len(open) == 0 {
		return nil
	}
	return f(open)
}
