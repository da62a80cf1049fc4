package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/audit"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
)

func voidCommand() command {
	yes := false
	return command{
		name: "void", short: "WRITES with --yes: have readers pass over commits that lost their end",
		long: "Lists the commits that lack messages and that nothing names as void, as a loss of power or a\nfull disk leaves them. With --yes it names those that lost their end, by an entry for each\naggregate that they have reached: readers pass over them, and the aggregates go on. A program\nthat opens the store does so for a commit at the end of the log, and this for others too. A\ncommit that lost its beginning stays; its messages can be struck out. It reads the whole log.\n\nThe exit status is 3 if such commits are left. It needs the right to publish on\n<prefix>._void.>; to list them it needs none to write.",
		flags: func(set *flag.FlagSet) {
			set.BoolVar(&yes, "yes", false, "name them")
		},
		run: func(ctx context.Context, p *program, _ []string) error { return p.void(ctx, yes) },
	}
}

// voided is a commit that lacks messages, as void prints it.
type voided struct {
	From   uint64 `json:"from"`
	To     uint64 `json:"to"`
	Text   string `json:"text"`
	Void   bool   `json:"void"` // it is named now
	Advice string `json:"advice,omitempty"`
}

func (p *program) void(ctx context.Context, yes bool) error {
	l, nc, err := p.openLog(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	v, err := p.audit(ctx, l)
	if err != nil {
		return err
	}
	var torn []voided
	for _, f := range v.Findings {
		if f.Kind == audit.Torn {
			torn = append(torn, voided{From: f.Position, To: max(f.To, f.Position), Text: f.Text, Advice: f.Advice})
		}
	}
	if yes && len(torn) > 0 {
		if err := p.nameVoid(ctx, nc, l, torn); err != nil {
			return err
		}
	}
	return p.printVoid(torn)
}

// nameVoid names the commits that lost their end.
func (p *program) nameVoid(ctx context.Context, nc *nats.Conn, l *rawlog.Log, torn []voided) error {
	store, err := p.openStore(ctx, nc, l)
	if err != nil {
		return err
	}
	for i := range torn {
		t := &torn[i]
		if t.Void, err = store.Void(ctx, t.From); err != nil {
			err = fmt.Errorf("commit at %d: %w", t.From, err)
			break
		}
		if t.Void {
			t.Advice = ""
		}
	}
	return errors.Join(err, store.Close())
}

func (p *program) printVoid(torn []voided) error {
	left := false
	for _, t := range torn {
		left = left || !t.Void
		switch {
		case p.json:
			if err := printJSON(p.out, t); err != nil {
				return err
			}
		case t.Void:
			p.printf("%d to %d  void from now on: %s\n", t.From, t.To, t.Text)
		default:
			p.printf("%d to %d  %s\n    %s\n", t.From, t.To, t.Text, t.Advice)
		}
	}
	if len(torn) == 0 && !p.json {
		p.printf("every commit is whole, or named as void\n")
	}
	if left {
		return errFindings
	}
	return nil
}
