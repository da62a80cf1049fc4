package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/archive"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

func backupCommand() command {
	return command{
		name: "backup", args: "<directory>", n: [2]int{1, 1}, short: "the log into a directory, as compressed JSON lines",
		long: "Writes all messages of the log into a directory. Interrupted, it goes on where it was; run\nagain later, it adds what has come since. Each part has a checksum, and all of it is read\nagain at the end.\n\nThe keys of sealed events are not in it: they are in a bucket of their own, to be backed up\nafterwards and kept apart. See \"Backups\" in the documentation of package codec/sealed.",
		run:  func(ctx context.Context, p *program, args []string) error { return p.backup(ctx, args[0]) },
	}
}

func (p *program) backup(ctx context.Context, dir string) (err error) {
	l, end, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	a, err := archive.Create(dir, archive.About{StoreID: l.StoreID(), Stream: l.Info().Config.Name, Prefix: l.Prefix()})
	if err != nil {
		return err
	}
	w, err := a.Writer()
	if err != nil {
		return err
	}
	begun, last := a.Last(), l.Info().State.LastSeq
	if begun > last {
		return fmt.Errorf("the archive has %d messages, the store only %d: it has lost some, or is not the same. jetsource verify tells the first; back it up into another directory", begun, last)
	}
	if err := p.addAll(ctx, w, l, begun+1, last); err != nil {
		return errors.Join(err, w.Close()) // the messages so far stay
	}
	if err := w.Close(); err != nil {
		return err
	}
	has, err := p.check(ctx, a, last)
	if err != nil {
		return err
	}
	if p.json {
		return printJSON(p.out, map[string]any{"messages": has.messages, "added": last - begun, "bytes": a.Size(), "sealed": has.sealed})
	}
	p.printf("%d messages in %s, %d of them new, %s; read again and sound\n", has.messages, dir, last-begun, view.Size(uint64(a.Size())))
	p.sayKeys(has.sealed)
	return nil
}

func (p *program) addAll(ctx context.Context, w *archive.Writer, l *rawlog.Log, from, to uint64) error {
	progress := p.progress("stored", to)
	defer progress.end()
	for m, err := range l.Read(ctx, l.Prefix()+".>", from, to) {
		if err != nil {
			return err
		}
		progress.at(m.Seq)
		header := maps.Clone(m.Header)
		for _, name := range wire.AnswerHeaders {
			delete(header, name)
		}
		if err := w.Add(archive.Line{Position: m.Seq, Subject: m.Subject, Time: m.Time.Format(time.RFC3339Nano), Header: header, Data: m.Data}); err != nil {
			return err
		}
	}
	return nil
}

// contents is what an archive has.
type contents struct {
	messages, sealed uint64
	hole             uint64 // the first position without a message; 0 for none
}

// check reads an archive from the first message to the last.
func (p *program) check(ctx context.Context, a *archive.Archive, last uint64) (has contents, err error) {
	progress := p.progress("read again", last)
	defer progress.end()
	next := uint64(1)
	for l, err := range a.Read(1) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return has, err
		}
		if l.Position != next && has.hole == 0 {
			has.hole = next
		}
		next = l.Position + 1
		progress.at(l.Position)
		has.messages++
		if isSealed(l) {
			has.sealed++
		}
	}
	return has, nil
}
