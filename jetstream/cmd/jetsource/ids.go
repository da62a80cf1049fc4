package main

import (
	"context"
	"fmt"

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
				kinds, err := l.Kinds(ctx)
				if err != nil {
					return err
				}
				if p.json {
					return printJSON(p.out, kinds)
				}
				for kind, n := range kinds {
					p.printf("%-30s %d\n", view.Printable(kind), n)
				}
				return nil
			}
			filter, err := l.Filter("", args[0], nil)
			if err != nil {
				return err
			}
			return l.Aggregates(ctx, filter, func(_, id string) bool {
				name := view.Name(id)
				if p.json {
					return printJSON(p.out, name) == nil
				}
				_, err := fmt.Fprintln(p.out, view.Printable(name))
				return err == nil
			})
		},
	}
}
