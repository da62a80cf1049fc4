package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

func idsCommand() command {
	return command{
		name: "ids", args: "[aggregate kind]", n: [2]int{0, 1}, short: "the aggregates of a kind, or the kinds",
		long: "Lists the ids of all aggregates of a kind; without one it lists the kinds, with how many\naggregates each has.",
		run: func(ctx context.Context, p *program, args []string) error {
			l, end, err := p.open(ctx)
			if err != nil {
				return err
			}
			defer end()
			if len(args) == 0 {
				return p.kinds(ctx, l)
			}
			return p.ids(ctx, l, args[0])
		},
	}
}

// kinds prints the kinds of aggregates.
func (p *program) kinds(ctx context.Context, l *rawlog.Log) error {
	kinds, err := l.Kinds(ctx)
	if err != nil {
		return err
	}
	if p.json {
		return printJSON(p.out, kinds)
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		p.printf("%-30s %d\n", view.Printable(kind), kinds[kind])
	}
	if len(kinds) == 0 {
		say(p.err, "the store has no events yet\n")
	}
	return nil
}

// ids prints the ids of the aggregates of a kind.
func (p *program) ids(ctx context.Context, l *rawlog.Log, kind string) error {
	filter, err := l.Filter("", kind, nil)
	if err != nil {
		return err
	}
	any := false
	err = l.Aggregates(ctx, filter, func(_, id string) bool {
		any = true
		name := view.Name(id)
		if p.json {
			return printJSON(p.out, name) == nil
		}
		_, err := fmt.Fprintln(p.out, view.Printable(name))
		return err == nil
	})
	if err == nil && !any {
		return noKind(kind)
	}
	return err
}
