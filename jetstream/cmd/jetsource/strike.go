package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

func gapsCommand() command {
	return command{
		name: "gaps", short: "what readers pass over: void commits and what was struck out",
		long: "Lists the positions that readers pass over: those of commits that lost their end, as after a\nloss of power, and those that were struck out by hand, with the reason.",
		run: func(ctx context.Context, p *program, _ []string) error {
			l, end, err := p.open(ctx)
			if err != nil {
				return err
			}
			defer end()
			gaps, err := view.Gaps(ctx, l)
			if err != nil {
				return err
			}
			for _, g := range gaps {
				switch {
				case p.json:
					err = printJSON(p.out, g)
				case g.Commit != "":
					p.printf("%d to %d  void: commit %s lost its end\n", g.From, g.To, g.Commit)
				default:
					p.printf("%d to %d  struck out on %s: %s\n", g.From, g.To, g.Time.Format(time.RFC3339), view.Printable(g.Reason))
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func strikeCommand() command {
	reason := ""
	return command{
		name: "strike", args: "--reason <text> <position>", n: [2]int{1, 1}, short: "WRITES: have readers pass over one message",
		long: "Has every reader pass over the message at a position: one that another program wrote by\nmistake, or an event that nothing can decode. The message stays in the stream. The reason is\nrecorded in plain text. Snapshots and read models of the aggregate are yours to drop.\nIt needs the right to publish on <prefix>._struck.>.",
		flags: func(set *flag.FlagSet) {
			set.StringVar(&reason, "reason", "", "why; recorded for ever")
		},
		run: func(ctx context.Context, p *program, args []string) error {
			at, err := position(args[0], 1)
			if err != nil {
				return err
			}
			if reason == "" {
				return &usageError{"say why: --reason"}
			}
			return p.strike(ctx, at, reason)
		},
	}
}

func (p *program) strike(ctx context.Context, at uint64, reason string) error {
	l, nc, err := p.openLog(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	if err := p.strikeOut(ctx, nc, l, at, reason); err != nil {
		return err
	}
	if p.json {
		return printJSON(p.out, map[string]any{"struck": at})
	}
	_, err = fmt.Fprintf(p.out, "position %d is passed over from now on\n", at)
	return err
}

// strikeOut has readers pass over a message of a log.
func (p *program) strikeOut(ctx context.Context, nc *nats.Conn, l *rawlog.Log, at uint64, reason string) error {
	store, err := p.openStore(ctx, nc, l)
	if err != nil {
		return err
	}
	return errors.Join(store.Strike(ctx, at, reason), store.Close())
}

// openStore opens the store of a log, to write to it. The caller closes it.
func (p *program) openStore(ctx context.Context, nc *nats.Conn, l *rawlog.Log) (*jetstream.Store[string, core.NoMetadata], error) {
	return jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{
		Stream: p.to.stream, Prefix: l.Prefix(), Domain: p.to.domain, MustExist: true, Memory: l.IsMemory(), Logger: quiet(),
	})
}

// quiet is a logger that says nothing: the program prints its findings itself.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
