package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/replay"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/transform"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// fill makes the new store.
func (p *program) fill(ctx context.Context, nc *nats.Conn, l *rawlog.Log, t *transform.Transformer, cfg jetstream.Config) error {
	cfg.Domain = p.to.domain
	target, err := replay.Open(ctx, nc, cfg, l.StoreID())
	if err != nil {
		return err
	}
	to, err := rawlog.Open(ctx, nc, cfg.Stream, cfg.Domain)
	if err != nil {
		return err
	}
	from, next, err := resume(ctx, to, t)
	if err != nil {
		return err
	}
	all, err := view.Gaps(ctx, l)
	if err != nil {
		return err
	}
	f := &filler{t: t, next: next, have: to.Info().State.LastSeq, gaps: wire.NewGaps(all)}
	err = target.Publish(ctx, func(send func(replay.Message) error) error {
		return p.eachCommit(ctx, l, from, func(old []*rawlog.Message) error { return f.add(old, send) })
	})
	if err != nil {
		return fmt.Errorf("%w; run it again to go on", err)
	}
	if err := target.Finish(ctx, ""); err != nil {
		return err
	}
	if !p.json {
		p.printf("%d messages became %d in stream %s; verifying\n", l.Info().State.LastSeq, f.next-1, cfg.Stream)
	}
	if err := p.warnOfReactors(ctx, l); err != nil {
		return err
	}
	p.to.stream = cfg.Stream
	return errors.Join(p.verify(ctx, false), p.sayHowToOpen(ctx, nc, cfg))
}

// filler sends the commits of an old log to a new one.
type filler struct {
	t    *transform.Transformer
	next uint64 // the position in the new log of what is sent next
	have uint64 // up to which it has them
	gaps wire.Gaps
}

// add sends what becomes of a commit of the old log.
func (f *filler) add(old []*rawlog.Message, send func(replay.Message) error) error {
	old = slices.DeleteFunc(old, func(m *rawlog.Message) bool { return f.gaps.Has(m.Seq) })
	made, err := f.t.Commit(old, f.next)
	if err != nil {
		return err
	}
	for _, m := range made {
		if f.next > f.have {
			if err := send(replay.Message{Position: f.next, Subject: m.Subject, Time: m.Time, Header: m.Header, Data: m.Data}); err != nil {
				return err
			}
		}
		f.next++
	}
	return nil
}

// resume reads what the new log has, and returns where to go on: in the old log, and in the
// new one, at the beginning of the last commit, which may not be whole.
func resume(ctx context.Context, to *rawlog.Log, t *transform.Transformer) (from, next uint64, err error) {
	from, next = 1, 1
	var last []*rawlog.Message // of one commit
	take := func() {
		for _, m := range last {
			t.Took(m)
		}
	}
	for m, err := range to.Read(ctx, to.Prefix()+".>", 1, to.Info().State.LastSeq) {
		if err != nil {
			return 0, 0, err
		}
		if len(last) > 0 && last[0].CommitID() != m.CommitID() {
			take()
			last = nil
		}
		last = append(last, m)
	}
	if len(last) == 0 {
		return from, next, nil
	}
	from, err = strconv.ParseUint(last[0].Header.Get(wire.HeaderCopiedFrom), 10, 64)
	if err != nil {
		return 0, 0, fmt.Errorf("position %d of stream %s was not copied: %w", last[0].Seq, to.Info().Config.Name, err)
	}
	return from, last[0].Seq, nil
}

// eachCommit calls f with the messages of each commit. From may be in the middle of one, of
// which the first messages were left out.
func (p *program) eachCommit(ctx context.Context, l *rawlog.Log, from uint64, f func([]*rawlog.Message) error) error {
	end := l.Info().State.LastSeq
	progress := p.progress("copied", end)
	defer progress.end()
	var open []*rawlog.Message
	for m, err := range l.Read(ctx, l.Prefix()+".>", from, end) {
		if err != nil {
			return err
		}
		progress.at(m.Seq)
		if len(open) > 0 && (open[0].CommitID() == "" || open[0].CommitID() != m.CommitID()) {
			if err := f(open); err != nil {
				return err
			}
			open = nil
		}
		open = append(open, m)
	}
	if len(open) == 0 {
		return nil
	}
	return f(open)
}
