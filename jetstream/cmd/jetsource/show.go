package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

func showCommand() command {
	var s selection
	diff := false
	return command{
		name: "show", args: "<aggregate kind> <id> | <position>", n: [2]int{1, 2}, short: "the history of one aggregate, or one event in full",
		long: `Shows all events of one aggregate, in order, those too that readers pass over, which are marked.
Who did it is in the metadata of an event, if the application records that. With --meta it tells
of each what it came from, with --diff which fields differ from the last event of its kind. With
a position it shows all there is of the event there.`,
		flags: func(set *flag.FlagSet) {
			set.BoolVar(&s.system, "system", false, "also what the library itself recorded")
			set.BoolVar(&diff, "diff", false, "show what differs from the last event of the kind")
			metaFlag(set, &s.meta)
		},
		run: func(ctx context.Context, p *program, args []string) error {
			p.meta = s.meta
			if len(args) == 1 {
				return p.showEvent(ctx, args[0])
			}
			return p.show(ctx, args[0], args[1], s.system, diff)
		},
	}
}

func (p *program) show(ctx context.Context, kind, id string, system, diff bool) error {
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
	before := make(map[string]json.RawMessage)
	shown := 0
	for m, err := range l.Read(ctx, filter, 1, l.Info().State.LastSeq) {
		if err != nil {
			return err
		}
		if wire.IsSystem(m.Subject) && !system {
			continue
		}
		r := view.NewRecord(m)
		r.Passed = view.Passed(gaps, m.Seq)
		if diff {
			r.Data, before[r.Kind] = difference(before[r.Kind], r.Data), r.Data
		}
		if err := p.print(r); err != nil {
			return err
		}
		shown++
	}
	if shown == 0 {
		return fmt.Errorf("%s %s has no events; jetsource ids %s lists the aggregates of the kind", kind, id, kind)
	}
	return nil
}

// difference returns the fields of an object that are not as they were; all of it where
// they cannot be compared.
func difference(before, now json.RawMessage) json.RawMessage {
	var old, fields map[string]json.RawMessage
	if json.Unmarshal(before, &old) != nil || json.Unmarshal(now, &fields) != nil {
		return now
	}
	changed := make(map[string]json.RawMessage)
	for name, value := range fields {
		if string(old[name]) != string(value) {
			changed[name] = value
		}
	}
	for name := range old {
		if _, there := fields[name]; !there {
			changed[name] = json.RawMessage("null")
		}
	}
	text, err := json.Marshal(changed)
	if err != nil {
		return now
	}
	return text
}
