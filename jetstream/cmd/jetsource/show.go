package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// showing is what is shown of an aggregate.
type showing struct {
	system, diff bool
	until        until
}

func showCommand() command {
	var s showing
	meta := false
	return command{
		name: "show", args: "<aggregate kind> <id> | <position>", n: [2]int{1, 2}, short: "the history of one aggregate, or one event in full",
		long: `Shows all events of one aggregate, in order, those too that readers pass over, which are marked.
Who did it is in the metadata of an event, if the application records that. With --meta it tells
of each what it came from, with --diff which fields differ from the last event of its kind:
Member: "x" → "y" for one that changed, + for one that was added, - for one that is gone. With
--until it is the history as it was then. With a position it shows all there is of the event
there.`,
		flags: func(set *flag.FlagSet) {
			set.BoolVar(&s.system, "system", false, "also what the library itself recorded")
			set.BoolVar(&s.diff, "diff", false, "show what differs from the last event of the kind")
			set.Var(&s.until, "until", "the history as it was then: at a `time`, such as 2006-01-02T15:04:05Z, on a date,\n        some time ago, such as 36h or 7d, or up to a position")
			metaFlag(set, &meta)
		},
		run: func(ctx context.Context, p *program, args []string) error {
			p.meta = meta
			if len(args) == 1 {
				return p.showEvent(ctx, args[0])
			}
			return p.show(ctx, args[0], args[1], s)
		},
	}
}

func (p *program) show(ctx context.Context, kind, id string, s showing) error {
	l, end, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	filter, err := l.Aggregate(kind, id)
	if err != nil {
		return err
	}
	gaps, err := view.Gaps(ctx, l)
	if err != nil {
		return err
	}
	print := p.print
	if s.diff {
		print = p.differing()
	}
	shown := 0
	for m, err := range l.Read(ctx, filter, 1, l.Info().State.LastSeq) {
		if err != nil {
			return err
		}
		if wire.IsSystem(m.Subject) && !s.system {
			continue
		}
		r := view.NewRecord(m)
		if !s.until.includes(r) {
			continue
		}
		r.Passed = view.Passed(gaps, m.Seq)
		if err := print(r); err != nil {
			return err
		}
		shown++
	}
	if shown == 0 && s.until.text != "" {
		return fmt.Errorf("%s %s had no events then: --until %s", kind, id, s.until.text)
	}
	if shown == 0 {
		return noEvents(ctx, l, kind, id)
	}
	return nil
}

// noEvents says that an aggregate has no events, or that there is not even one of its kind.
func noEvents(ctx context.Context, l *rawlog.Log, kind, id string) error {
	filter, err := l.Filter("", kind, nil)
	if err != nil {
		return err
	}
	for _, err := range l.Read(ctx, filter, 1, l.Info().State.LastSeq) {
		if err != nil {
			return err
		}
		return fmt.Errorf("%s %s has no events; jetsource ids %s lists the aggregates of the kind", kind, id, kind)
	}
	return noKind(kind)
}

// noKind says that there is no aggregate of a kind.
func noKind(kind string) error {
	return fmt.Errorf("there is no aggregate of the kind %s; jetsource ids lists the kinds", kind)
}

// differing returns what prints records with what differs from the last one of the kind: JSON
// has that beside the record, text in place of its payload.
func (p *program) differing() func(view.Record) error {
	before := make(map[string]json.RawMessage)
	return func(r view.Record) error {
		changes, ok := view.Diff(before[r.Kind], r.Data)
		if r.Passed == "" {
			before[r.Kind] = r.Data
		}
		if p.json {
			return printJSON(p.out, changedRecord{r, changes})
		}
		if !ok { // the first one, or one that is no object
			return p.print(r)
		}
		return p.printText(r, view.DiffText(changes))
	}
}

// changedRecord is a record and what differs from the last one of its kind; nil if there is none.
type changedRecord struct {
	view.Record
	Changes []view.Change `json:"changes"`
}
