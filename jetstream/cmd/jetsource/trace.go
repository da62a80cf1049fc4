package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

func traceCommand() command {
	from, meta := uint64(0), false
	return command{
		name: "trace", args: "<correlation or event id>", n: [2]int{1, 1}, short: "all that came from one request, as a tree",
		long: `Shows the events that have a correlation id, under those that led to them. An event id shows what
came from that event; jetsource show --meta tells these ids. Who did it is in the metadata of an
event, if the application records that. It reads the whole log; --from begins later.`,
		flags: func(set *flag.FlagSet) {
			set.Uint64Var(&from, "from", 0, "position to begin at")
			metaFlag(set, &meta)
		},
		run: func(ctx context.Context, p *program, args []string) error {
			p.meta = meta
			return p.trace(ctx, args[0], from)
		},
	}
}

func (p *program) trace(ctx context.Context, id string, from uint64) error {
	l, end, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	gaps, err := view.Gaps(ctx, l)
	if err != nil {
		return err
	}
	var all []view.Record
	trace := view.NewTrace(id)
	progress := p.progress("read", l.Info().State.LastSeq)
	defer progress.end()
	for m, err := range l.Read(ctx, l.Prefix()+".*.*.*", from, l.Info().State.LastSeq) {
		if err != nil {
			return err
		}
		progress.at(m.Seq)
		if wire.IsSystem(m.Subject) {
			continue
		}
		if r := view.NewRecord(m); trace.Has(r) {
			r.Passed = view.Passed(gaps, m.Seq)
			all = append(all, r)
		}
	}
	progress.end()
	if len(all) == 0 {
		return fmt.Errorf("no event has the correlation, command, commit or event id %s; jetsource show --meta tells those of events", id)
	}
	return p.tree(all)
}

// tree prints records under those that led to them.
func (p *program) tree(all []view.Record) error {
	if p.json {
		for _, r := range all {
			if err := p.print(r); err != nil {
				return err
			}
		}
		return nil
	}
	there := make(map[string]bool)
	children := make(map[string][]view.Record)
	for _, r := range all { // what led to an event is before it
		parent := r.Causation
		if !there[parent] {
			parent = ""
		}
		there[r.EventID] = true
		children[parent] = append(children[parent], r)
	}
	var print func(parent string, depth int) error
	print = func(parent string, depth int) error {
		for _, r := range children[parent] {
			if _, err := fmt.Fprintf(p.out, "%s%s\n", strings.Repeat("    ", depth), strings.TrimLeft(line(r, string(r.Data)), " ")); err != nil {
				return err
			}
			if about := origin(r); p.meta && about != "" {
				p.printf("%s  %s\n", strings.Repeat("    ", depth), about)
			}
			if err := print(r.EventID, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return print("", 0)
}
