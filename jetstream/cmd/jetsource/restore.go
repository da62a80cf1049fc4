package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/archive"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/replay"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

func restoreCommand() command {
	same := false
	cfg := jetstream.Config{}
	return command{
		name: "restore", args: "<directory>", n: [2]int{1, 1}, short: "WRITES: a new store from a backup",
		long: "Makes a store of a backup, in a stream that is not there yet (--stream). Every message gets the\nposition that it had, and its time. Interrupted, it goes on where it was; until it is done\nnobody can open the store. It gets an id of its own, so that snapshots, the progress of\nreaders and tokens of the old store (core.Token) are refused; a position alone is refused only\nwhere it lies beyond the end. --same keeps the old id, for a store that takes the place of the\nold one. A backup with holes cannot be restored; jetsource copy goes around them.\n\nReactors go on from the progress that the log has. Of those without outputs it has none: it is with\nthe leases. jetsource reactors reset sets from where they go on, before workers open the store.\n\nThe keys of sealed events are not in a backup: restore their bucket first, and have the\napplication call Forgetter.Resume before anything else, which destroys again the keys of those\nwho were forgotten. With --json the first line tells what was restored, the second is that of verify.\n\nIt needs the rights to STREAM.INFO, STREAM.CREATE, STREAM.UPDATE, STREAM.MSG.GET and DIRECT.GET\nof the new stream, under $JS.API., and to publish on <prefix>.>.",
		flags: func(set *flag.FlagSet) {
			set.BoolVar(&same, "same", false, "keep the id of the store")
			set.IntVar(&cfg.Replicas, "replicas", 1, "replicas of the stream")
			set.StringVar(&cfg.Prefix, "prefix", "", "prefix of the subjects; default that of the backup")
		},
		run: func(ctx context.Context, p *program, args []string) error {
			a, err := archive.Open(args[0])
			if errors.Is(err, os.ErrNotExist) {
				err = fmt.Errorf("%w; restore takes a directory that jetsource backup has made", err)
			}
			if err != nil {
				return err
			}
			cfg.Stream, cfg.Domain = p.to.stream, p.to.domain
			if cfg.Prefix == "" {
				cfg.Prefix = a.About.Prefix
			}
			return p.restore(ctx, a, cfg, same)
		},
	}
}

func (p *program) restore(ctx context.Context, a *archive.Archive, cfg jetstream.Config, same bool) error {
	has, err := p.check(ctx, a, a.Last())
	if _, damaged := errors.AsType[*archive.DamagedError](err); damaged {
		return fmt.Errorf("%w; nothing was written: restore another backup", err)
	}
	if err != nil {
		return err
	}
	if has.hole > 0 {
		return fmt.Errorf("the backup has no message at position %d: nothing was written; jetsource copy makes a new store from the old one, and goes around its holes", has.hole)
	}
	nc, err := p.to.connect()
	if err != nil {
		return err
	}
	defer nc.Close()
	t, err := replay.Open(ctx, nc, cfg, a.About.StoreID)
	if err != nil {
		return err
	}
	have, err := t.Last(ctx)
	if err != nil {
		return err
	}
	if err := p.putBack(ctx, a, t, cfg.Prefix, have+1); err != nil {
		return fmt.Errorf("%w; run it again to go on", err)
	}
	id := ""
	if same {
		id = a.About.StoreID
	}
	if err := t.Finish(ctx, id); err != nil {
		return err
	}
	if err := p.printRestored(a, cfg, a.Last()-have, has.sealed); err != nil {
		return err
	}
	return errors.Join(p.verify(ctx, false), p.sayHowToOpen(ctx, nc, cfg))
}

// putBack sends the messages of an archive to a target, from a position on.
func (p *program) putBack(ctx context.Context, a *archive.Archive, t *replay.Target, prefix string, from uint64) error {
	progress := p.progress("restored", a.Last())
	defer progress.end()
	return t.Publish(ctx, func(send func(replay.Message) error) error {
		for l, err := range a.Read(from) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			_, rest, _ := strings.Cut(l.Subject, ".")
			m := replay.Message{Position: l.Position, Subject: prefix + "." + rest, Time: l.Time, Header: l.Header, Data: l.Data}
			if err := send(m); err != nil {
				return err
			}
			progress.at(l.Position)
		}
		return nil
	})
}

func (p *program) printRestored(a *archive.Archive, cfg jetstream.Config, now, sealed uint64) error {
	if p.json {
		return printJSON(p.out, map[string]any{"messages": a.Last(), "restored": now, "sealed": sealed})
	}
	p.printf("%d messages in stream %s, %d of them now; verifying\n", a.Last(), cfg.Stream, now)
	p.sayKeys(sealed)
	return nil
}

// sayHowToOpen says how the store is opened that was made, and what is to be known before.
func (p *program) sayHowToOpen(ctx context.Context, nc *nats.Conn, cfg jetstream.Config) error {
	if p.json {
		return nil
	}
	l, err := rawlog.Open(ctx, nc, cfg.Stream, cfg.Domain)
	if err != nil {
		return err
	}
	names, err := steer.Names(ctx, l)
	if err != nil {
		return err
	}
	p.printf("programs open it by Stream %q and Prefix %q of jetstream.Config, this one by --stream; its id is %s\n", cfg.Stream, cfg.Prefix, l.StoreID())
	if len(names) > 0 {
		p.printf(`its reactors (%s) go on from the progress that the log has, and repeat what they did after it; those
without outputs have none, and begin anew. Before workers open it, jetsource reactors --stream %s tells
from where, and jetsource reactors reset <name> <position> --stream %s sets it
`, view.Printable(strings.Join(names, ", ")), cfg.Stream, cfg.Stream)
	}
	return nil
}
