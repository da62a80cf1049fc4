package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// selection says which messages a command shows.
type selection struct {
	kind, aggregate string
	from            uint64
	system          bool
}

func (s *selection) flags(set *flag.FlagSet) {
	set.StringVar(&s.kind, "kind", "", "only events of this kind")
	set.StringVar(&s.aggregate, "aggregate", "", "only aggregates of this kind")
	set.BoolVar(&s.system, "system", false, "also what the library itself recorded")
}

func tailCommand() command {
	var s selection
	n := 0
	once := false
	return command{
		name: "tail", args: "", short: "the last events, and those that come",
		long: "Shows the last events, and waits for those that come until it is interrupted. With --from it\nbegins at a position; with --once it does not wait.",
		flags: func(set *flag.FlagSet) {
			s.flags(set)
			set.Uint64Var(&s.from, "from", 0, "position to begin at")
			set.IntVar(&n, "n", 10, "how many positions before the end to begin at")
			set.BoolVar(&once, "once", false, "end at the last event")
		},
		run: func(ctx context.Context, p *program, _ []string) error { return p.tail(ctx, s, n, once) },
	}
}

func (p *program) tail(ctx context.Context, s selection, n int, once bool) error {
	l, end, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	filter, err := l.Filter(s.kind, s.aggregate, nil)
	if err != nil {
		return err
	}
	last := l.Info().State.LastSeq
	if s.from == 0 {
		s.from = last - min(last, uint64(max(n, 0))) + 1
	}
	messages := l.Follow(ctx, filter, s.from)
	if once {
		messages = l.Read(ctx, filter, s.from, last)
	}
	for m, err := range messages {
		if err != nil {
			if ctx.Err() != nil && !once {
				return nil // that is how it ends
			}
			return err
		}
		if s.system || !wire.IsSystem(m.Subject) {
			if err := p.print(view.NewRecord(m)); err != nil {
				return err
			}
		}
	}
	return nil
}

func showCommand() command {
	var s selection
	diff := false
	return command{
		name: "show", args: "<aggregate kind> <id>", n: [2]int{2, 2}, short: "the history of one aggregate",
		long: "Shows all events of one aggregate, in order, those too that readers pass over, which are\nmarked. With --diff it shows of each event which fields differ from the last one of its kind.",
		flags: func(set *flag.FlagSet) {
			set.BoolVar(&s.system, "system", false, "also what the library itself recorded")
			set.BoolVar(&diff, "diff", false, "show what differs from the last event of the kind")
		},
		run: func(ctx context.Context, p *program, args []string) error {
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
