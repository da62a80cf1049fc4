package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

// forgetting is how a subject is forgotten.
type forgetting struct {
	keys      subjectKeys
	snapshots string // bucket
	yes, wait bool
}

func forgetCommand() command {
	var f forgetting
	return command{
		name: "forget", args: "<subject>", n: [2]int{1, 1}, short: "WRITES: destroy the key of what is sealed about a person",
		long: "Begins to forget a subject, as it is called in fields tagged sealed:\"subject\". It records\njetsource.forget-requested, destroys the key of the subject, so that what is sealed about it\ncannot be read any more by anybody, and removes the snapshots of the aggregates that have events\nabout it. That cannot be undone. Programs that have the key in their cache read for some\nseconds more, as long as their KeyAge says.\n\nThe rest only the application can do, whose Forgetter has the types: release unique values, drop\nthe states that it has cached, and record jetsource.forgotten, by which reactors and read models\nremove what they have. It does so by Forgetter.Resume when it starts, or at once if it has a\nreactor to jetsource.forget-requested. Until then the subject is pending. --wait waits for it.\n\nNot forgotten are: what was recorded in clear text before its field was tagged, metadata, ids,\nbackups that have the bucket of the keys, and what other systems were told.\n\nIt needs the rights of a reader, and to publish on\n<prefix>.jetsource/forget-requested.jetsource/subject.*, $KV.<keys>.* and, under $JS.API.STREAM.,\nMSG.DELETE.KV_<keys> and PURGE.KV_<snapshots>.",
		flags: func(set *flag.FlagSet) {
			f.keys.flags(set)
			set.StringVar(&f.snapshots, "snapshots", "SNAPSHOTS", "bucket of snapshots; one that is not there has none")
			set.BoolVar(&f.yes, "yes", false, "do not ask")
			set.BoolVar(&f.wait, "wait", false, "wait until the application has done the rest")
		},
		run: func(ctx context.Context, p *program, args []string) error { return p.forget(ctx, args[0], f) },
	}
}

// forgotten is what forget prints.
type forgotten struct {
	Subject   string `json:"subject"`
	Forgotten bool   `json:"forgotten"`  // else it is pending
	Dropped   int    `json:"dropped"`    // aggregates whose snapshots were removed
	ClearText int    `json:"clear_text"` // events in which the application found values in clear text
}

func (p *program) forget(ctx context.Context, subject string, f forgetting) error {
	what := fmt.Sprintf("nobody will be able to read what is sealed about %s, for ever", view.Printable(subject))
	if err := p.confirm(f.yes, what, subject); err != nil {
		return err
	}
	l, nc, err := p.openLog(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	done := forgotten{Subject: subject}
	if done.Forgotten, err = p.requestForget(ctx, nc, l, f, &done); err != nil {
		return err
	}
	if f.wait || done.Forgotten {
		if done.ClearText, err = awaitForgotten(ctx, l, subject); err != nil {
			return fmt.Errorf("the key is destroyed, and the rest is pending: %w", err)
		}
		done.Forgotten = true
	}
	if p.json {
		return printJSON(p.out, done)
	}
	p.printf("the key of %s is destroyed; snapshots of %d aggregates were removed\n", view.Printable(subject), done.Dropped)
	if done.Forgotten {
		p.printf("it is forgotten: the application has done its part%s\n", sayClearText(done.ClearText))
	} else {
		p.printf("it is pending: the application has to release unique values and tell read models, by\nForgetter.Resume when it starts or by a reactor to jetsource.forget-requested; --wait waits for it\n")
	}
	return nil
}

// requestForget does what can be done without the types of the application.
func (p *program) requestForget(ctx context.Context, nc *nats.Conn, l *rawlog.Log, f forgetting, done *forgotten) (bool, error) {
	c, err := f.keys.codec(ctx, nc, l, p.to)
	if err != nil {
		return false, err
	}
	store, err := p.openStore(ctx, nc, l)
	if err != nil {
		return false, err
	}
	defer func() { _ = store.Close() }() // all is acked
	repositories, err := p.droppers(ctx, nc, l, f.snapshots, &done.Dropped)
	if err != nil {
		return false, err
	}
	forgetter, err := sealed.NewForgetter[string, uint64, core.NoMetadata](store, c, repositories...)
	if err != nil {
		return false, err
	}
	return forgetter.Request(ctx, done.Subject)
}

// awaitForgotten waits until the application has recorded that a subject is forgotten, and
// returns in how many events it has found values in clear text.
func awaitForgotten(ctx context.Context, l *rawlog.Log, subject string) (inClear int, err error) {
	filter, err := l.Aggregate(sealed.SubjectKind, subject)
	if err != nil {
		return 0, err
	}
	for m, err := range l.Follow(ctx, filter, 1) {
		if err != nil {
			return 0, err
		}
		if view.Kind(m) == forgottenKind {
			return clearText(view.NewRecord(m)), nil
		}
	}
	return 0, ctx.Err()
}

// clearText returns what a record of [sealed.Forgotten] says; 0 for any other.
func clearText(r view.Record) int {
	var event sealed.Forgotten
	if r.Kind != forgottenKind || json.Unmarshal(r.Data, &event) != nil {
		return 0
	}
	return event.ClearText
}

func sayClearText(events int) string {
	if events == 0 {
		return ""
	}
	return fmt.Sprintf("; %d events have values of it in clear text, recorded before they were sealed", events)
}

// The kinds of the events that record what became of a subject.
var (
	requestedKind = sealed.ForgetRequested{}.EventKind()
	forgottenKind = sealed.Forgotten{}.EventKind()
)
