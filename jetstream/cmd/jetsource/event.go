package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

// showEvent shows the message at a position in full.
func (p *program) showEvent(ctx context.Context, text string) error {
	l, end, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	at, err := position(text, 1)
	if err != nil {
		return errors.Join(err, whatToShow(ctx, l, text))
	}
	gaps, err := view.Gaps(ctx, l)
	if err != nil {
		return err
	}
	m, err := l.At(ctx, at)
	if err != nil {
		return err
	}
	if m == nil {
		return fmt.Errorf("there is no message at position %d; the last one is at %d", at, l.Info().State.LastSeq)
	}
	r := view.NewRecord(m)
	r.Passed = view.Passed(gaps, m.Seq)
	if p.json {
		return printJSON(p.out, r)
	}
	return p.full(r)
}

// whatToShow says what show takes instead of a text that is no position: it may be an id.
func whatToShow(ctx context.Context, l *rawlog.Log, id string) error {
	filter, err := l.Filter("", "", &id)
	if err != nil {
		return err
	}
	var kinds []string
	err = l.Aggregates(ctx, filter, func(kind, _ string) bool {
		kinds = append(kinds, view.Name(kind))
		return true
	})
	if err != nil || len(kinds) == 0 {
		return errors.Join(err, errors.New("show takes the kind of an aggregate and an id, or a position; jetsource ids lists the kinds"))
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		err = errors.Join(err, fmt.Errorf("there is this one: jetsource show %s %s", kind, id))
	}
	return err
}

// full prints all that there is of a record.
func (p *program) full(r view.Record) error {
	var data bytes.Buffer
	if json.Indent(&data, r.Data, "", "  ") != nil {
		data.Write(r.Data)
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, of := range []struct{ name, value string }{
		{"position", strconv.FormatUint(r.Position, 10)}, {"time", r.Time.Format(time.RFC3339Nano)}, {"kind", r.Kind}, {"of", r.Aggregate + " " + r.ID},
		{"metadata", string(r.Metadata)}, {"correlation", r.Correlation}, {"caused by", r.Causation}, {"command", r.Command},
		{"event id", r.EventID}, {"commit", strings.TrimSpace(r.Commit + " " + r.Place)}, {"codec", r.Codec}, {"problem", r.Problem}, {"passed over", r.Passed},
	} {
		if of.value != "" {
			say(w, "%s\t%s\n", of.name, view.Printable(of.value))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(data.String()) {
		p.printf("%s\n", view.Printable(strings.TrimSuffix(line, "\n")))
	}
	return nil
}
