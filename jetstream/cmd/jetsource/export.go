package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

func exportCommand() command {
	var keys subjectKeys
	return command{
		name: "export", args: "<subject>", n: [2]int{1, 1}, short: "what the log holds about a person, opened with their key",
		long:  "Shows all that the log holds about a subject: the events that have sealed fields of it, with\nthese in clear text, and all events of the aggregates whose id is the subject. Fields of other\npeople are null, and so are those of a subject whose key was destroyed. Events that readers\npass over are shown as well, and marked. It reads the whole log.\n\nIt knows sealed fields only, since it has not the types of the application. It does not contain:\nwhat other aggregates have of a person in fields or metadata that are not sealed; read models,\nsnapshots and caches, which are made of these events; what the application has stored or sent\nelsewhere. Where a KMS wraps the keys, only the application can open them: values stay sealed\nthen, and that is an error at the end. So they do in events whose codec is over neither JSON nor MessagePack.",
		flags: keys.flags,
		run:   func(ctx context.Context, p *program, args []string) error { return p.export(ctx, args[0], keys) },
	}
}

// exported is what export prints.
type exported struct {
	Subject   string        `json:"subject"`
	Requested bool          `json:"requested"` // it is to be forgotten, and is not yet
	Forgotten bool          `json:"forgotten"`
	ClearText int           `json:"clear_text"` // events in which the application found values in clear text when it forgot
	Unopened  int           `json:"unopened"`   // events that stay sealed, of any subject
	Events    []view.Record `json:"events"`

	unopened error // why
}

func (p *program) export(ctx context.Context, subject string, keys subjectKeys) error {
	l, nc, err := p.openLog(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	c, err := keys.codec(ctx, nc, l, p.to)
	if err != nil {
		return err
	}
	e := exported{Subject: subject, Events: []view.Record{}}
	if err := p.collect(ctx, l, c, &e); err != nil {
		return err
	}
	if err := p.printExport(e); err != nil {
		return err
	}
	if e.Unopened > 0 {
		return fmt.Errorf("%d events stay sealed, the last one because: %w", e.Unopened, e.unopened)
	}
	return nil
}

// collect reads the log.
func (p *program) collect(ctx context.Context, l *rawlog.Log, c *sealed.Codec, e *exported) error {
	gaps, err := view.Gaps(ctx, l)
	if err != nil {
		return err
	}
	last := l.Info().State.LastSeq
	progress := p.progress("searched", last)
	defer progress.end()
	for m, err := range l.Read(ctx, l.Prefix()+".>", 1, last) {
		if err != nil {
			return err
		}
		progress.at(m.Seq)
		if wire.IsSystem(m.Subject) {
			continue
		}
		r := view.NewRecord(m)
		r.Passed = view.Passed(gaps, m.Seq)
		if err := e.add(c, r, m.Data); err != nil {
			return fmt.Errorf("position %d: %w", m.Seq, err)
		}
	}
	return nil
}

// add takes a record if it is about the subject, and opens what is sealed in it.
func (e *exported) add(c *sealed.Codec, r view.Record, data []byte) error {
	about := r.ID == e.Subject
	if _, ok := sealed.InnerName(r.Codec); ok {
		event, named, err := c.OpenUntyped(r.Codec, r.Kind, data, e.Subject)
		about = about || named
		switch {
		case err == nil && about:
			if r.Data, err = json.Marshal(event); err != nil {
				return err
			}
		case errors.Is(err, core.ErrUnavailable) && !errors.Is(err, sealed.ErrNoKMS):
			return err
		case err != nil:
			e.Unopened, e.unopened = e.Unopened+1, err
		}
	}
	if !about {
		return nil
	}
	if r.Aggregate == sealed.SubjectKind && r.Passed == "" {
		e.Forgotten = e.Forgotten || r.Kind == forgottenKind
		e.Requested = !e.Forgotten && (e.Requested || r.Kind == requestedKind)
		e.ClearText += clearText(r)
	}
	e.Events = append(e.Events, r)
	return nil
}

func (p *program) printExport(e exported) error {
	if p.json {
		return printJSON(p.out, e)
	}
	for _, r := range e.Events {
		if err := p.print(r); err != nil {
			return err
		}
	}
	state := ""
	switch {
	case e.Forgotten:
		state = "; it was forgotten" + sayClearText(e.ClearText)
	case e.Requested:
		state = "; it is to be forgotten, which is pending"
	}
	p.printf("%d events about %s%s\n", len(e.Events), view.Printable(e.Subject), state)
	return nil
}
