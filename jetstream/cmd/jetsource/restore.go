package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/archive"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/replay"
)

func restoreCommand() command {
	same := false
	cfg := jetstream.Config{}
	return command{
		name: "restore", args: "<directory>", n: [2]int{1, 1}, short: "WRITES: a new store from a backup",
		long: "Makes a store of a backup, in a stream that is not there yet (--stream). Every message gets the\nposition that it had, and its time. Interrupted, it goes on where it was; until it is done\nnobody can open the store. It gets an id of its own, so that snapshots, the progress of\nreaders and tokens of the old store (core.Token) are refused; a position alone is refused only\nwhere it lies beyond the end. --same keeps the old id, for a store that takes the place of the\nold one. A backup with holes cannot be restored; jetsource copy goes around them.\n\nThe keys of sealed events are not in a backup: restore their bucket first, and have the\napplication call Forgetter.Resume before anything else, which destroys again the keys of those\nwho were forgotten. With --json the first line tells what was restored, the second is that of verify.\n\nIt needs the rights to STREAM.INFO, STREAM.CREATE, STREAM.UPDATE, STREAM.MSG.GET and DIRECT.GET\nof the new stream, under $JS.API., and to publish on <prefix>.>.",
		flags: func(set *flag.FlagSet) {
			set.BoolVar(&same, "same", false, "keep the id of the store")
			set.IntVar(&cfg.Replicas, "replicas", 1, "replicas of the stream")
			set.StringVar(&cfg.Prefix, "prefix", "", "prefix of the subjects; default that of the backup")
		},
		run: func(ctx context.Context, p *program, args []string) error {
			a, err := archive.Open(args[0])
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
	_, sealed, err := p.check(ctx, a, a.Last())
	if err != nil {
		return err
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
	progress := p.progress("restored", a.Last())
	defer progress.end()
	want := have + 1
	err = t.Publish(ctx, func(send func(replay.Message) error) error {
		for l, err := range a.Read(want) {
			if err == nil && l.Position != want {
				err = fmt.Errorf("the backup has no message at position %d", want)
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			_, rest, _ := strings.Cut(l.Subject, ".")
			m := replay.Message{Position: l.Position, Subject: cfg.Prefix + "." + rest, Time: l.Time, Header: l.Header, Data: l.Data}
			if err := send(m); err != nil {
				return err
			}
			progress.at(l.Position)
			want++
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w; run it again to go on", err)
	}
	id := ""
	if same {
		id = a.About.StoreID
	}
	if err := t.Finish(ctx, id); err != nil {
		return err
	}
	progress.end()
	if p.json {
		err = printJSON(p.out, map[string]any{"messages": a.Last(), "restored": a.Last() - have, "sealed": sealed})
	} else {
		p.printf("%d messages in stream %s, %d of them now; verifying\n", a.Last(), cfg.Stream, a.Last()-have)
		p.sayKeys(sealed)
	}
	if err != nil {
		return err
	}
	return p.verify(ctx, false)
}
