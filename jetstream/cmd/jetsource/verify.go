package main

import (
	"context"
	"flag"
	"maps"
	"slices"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/audit"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

func verifyCommand() command {
	replicas := false
	return command{
		name: "verify", short: "check every message of the log",
		long: `Reads the whole log and checks it: positions without a message, commits that are not whole,
events that do not follow the one before them, messages of other programs, subjects, headers and
payloads that cannot be read, entries of unique values whose owners are not there. With --replicas
it also compares what each server of the cluster holds, message by message.

Payloads of JSON and MessagePack are read, whatever is in them; whether they are of the types of
the application only it can tell. Of sealed ones the sum over all bytes is checked; the values
stay sealed, and are counted. Payloads of other codecs are not looked into, and are counted too.

The exit status is 0 for a sound log and 3 if something is wrong.`,
		flags: func(set *flag.FlagSet) {
			set.BoolVar(&replicas, "replicas", false, "compare the servers")
		},
		run: func(ctx context.Context, p *program, _ []string) error { return p.verify(ctx, replicas) },
	}
}

// report is what verify prints.
type report struct {
	audit.Totals
	Findings []audit.Finding `json:"findings"`
}

func (p *program) verify(ctx context.Context, replicas bool) error {
	l, nc, err := p.openLog(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	v, err := p.audit(ctx, l)
	if err != nil {
		return err
	}
	if replicas {
		found, err := p.compareReplicas(ctx, nc, l, l.Info().State.LastSeq)
		if err != nil {
			return err
		}
		v.Findings = append(v.Findings, found...)
	}
	return p.printReport(v)
}

// audit checks every message.
func (p *program) audit(ctx context.Context, l *rawlog.Log) (v report, err error) {
	v.Findings = []audit.Finding{}
	gaps, err := l.Last(ctx, wire.GapSubjects(l.Prefix()+".*.*.*")...)
	if err != nil {
		return v, err
	}
	a, err := audit.New(l.Prefix(), gaps, func(f audit.Finding) { v.Findings = append(v.Findings, f) })
	if err != nil {
		return v, err
	}
	last := l.Info().State.LastSeq
	progress := p.progress("checked", last)
	defer progress.end()
	for m, err := range l.Read(ctx, l.Prefix()+".>", 1, last) {
		if err != nil {
			return v, err
		}
		progress.at(m.Seq)
		a.Add(m)
	}
	v.Totals = a.End(last)
	return v, nil
}

func (p *program) printReport(v report) error {
	if p.json {
		if err := printJSON(p.out, v); err != nil {
			return err
		}
	} else {
		p.printf("%d messages: %d events of %d aggregates, %d entries of the library; %d whole commits, %d void, %d positions struck out\n",
			v.Messages, v.Events, v.Aggregates, v.Entries, v.Commits, v.Void, v.Struck)
		for _, f := range v.Findings {
			p.printf("%s\n    %s\n", view.Printable(f.String()), f.Advice)
		}
		p.printNotRead(v.NotRead)
		if len(v.Findings) == 0 {
			p.printf("the log is sound\n")
		}
	}
	if len(v.Findings) > 0 {
		return errFindings
	}
	return nil
}

// printNotRead says what was not looked into.
func (p *program) printNotRead(n audit.NotRead) {
	if n.Sealed > 0 {
		p.printf("not opened: %d sealed values, which need keys; the sums of their events were checked\n", n.Sealed)
	}
	for _, name := range slices.Sorted(maps.Keys(n.Codecs)) {
		summed := ""
		if _, ok := sealed.InnerName(name); ok {
			summed = "; their sums were checked"
		}
		p.printf("not looked into: %d payloads of codec %s, which is the application's own%s\n", n.Codecs[name], view.Printable(name), summed)
	}
}
