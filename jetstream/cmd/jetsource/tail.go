package main

import (
	"context"
	"flag"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// selection says which messages a command shows.
type selection struct {
	kind, aggregate string
	from            uint64
	system, meta    bool
}

func (s *selection) flags(set *flag.FlagSet) {
	set.StringVar(&s.kind, "kind", "", "only events of this kind")
	set.StringVar(&s.aggregate, "aggregate", "", "only aggregates of this kind")
	set.BoolVar(&s.system, "system", false, "also what the library itself recorded")
	metaFlag(set, &s.meta)
}

// shows reports whether a message of the filter is shown.
func (s *selection) shows(m *rawlog.Message) bool { return s.system || !wire.IsSystem(m.Subject) }

func tailCommand() command {
	var s selection
	n := 0
	once := false
	return command{
		name: "tail", args: "", short: "the last events, and those that come",
		long: `Shows the last events, and waits for those that come until it is interrupted. With --from it
begins at a position; with --once it does not wait. Who did it is in the metadata of an event, if
the application records that; --meta tells what it came from.`,
		flags: func(set *flag.FlagSet) {
			s.flags(set)
			set.Uint64Var(&s.from, "from", 0, "position to begin at")
			set.IntVar(&n, "n", 10, "how many of the last events, if these are at the last 100,000 positions")
			set.BoolVar(&once, "once", false, "end at the last event")
		},
		run: func(ctx context.Context, p *program, _ []string) error {
			p.meta = s.meta
			return p.tail(ctx, s, n, once)
		},
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
		if s.from, err = p.lastFrom(ctx, l, s, filter, uint64(max(n, 0)), mostTail); err != nil {
			return err
		}
	}
	gaps, err := view.Gaps(ctx, l)
	if err != nil {
		return err
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
		if s.shows(m) {
			r := view.NewRecord(m)
			r.Passed = view.Passed(gaps, m.Seq)
			if err := p.print(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// mostTail is how far back the last events are sought: there may be entries of the library alone.
const mostTail = 100_000

// lastFrom returns the position from which on there are n messages of a selection; fewer if there
// are not as many among some last positions, which it says.
func (p *program) lastFrom(ctx context.Context, l *rawlog.Log, s selection, filter string, n, most uint64) (uint64, error) {
	last := l.Info().State.LastSeq
	if n == 0 {
		return last + 1, nil
	}
	for back := n; ; back *= 10 {
		from := last - min(last, back, most) + 1
		var found []uint64
		for m, err := range l.Read(ctx, filter, from, last) {
			if err != nil {
				return 0, err
			}
			if s.shows(m) {
				found = append(found, m.Seq)
			}
		}
		switch have := uint64(len(found)); {
		case have >= n:
			return found[have-n], nil
		case from == 1:
			return from, nil
		case back >= most:
			say(p.err, "%d of the last %d events are at the last %d positions; --from begins before these\n", have, n, most)
			return from, nil
		}
	}
}
