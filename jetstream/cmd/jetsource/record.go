package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

// print writes a record: a line of JSON, or a line for people.
func (p *program) print(r view.Record) error {
	if p.json {
		return printJSON(p.out, r)
	}
	return p.printText(r, string(r.Data))
}

// printText writes a line for people, with a text that tells of the payload.
func (p *program) printText(r view.Record, data string) error {
	_, err := fmt.Fprintln(p.out, line(r, data))
	if about := origin(r); p.meta && about != "" && err == nil {
		_, err = fmt.Fprintf(p.out, "%10s%s\n", "", about)
	}
	return err
}

// metaFlag is the flag of commands that print records.
func metaFlag(set *flag.FlagSet, meta *bool) {
	set.BoolVar(meta, "meta", false, "also what each event came from: its command, correlation, cause, and its own id")
}

// origin says what an event came from, as far as that is known.
func origin(r view.Record) string {
	var parts []string
	for _, of := range []struct{ name, value string }{
		{"command", r.Command}, {"correlation", r.Correlation}, {"caused by", r.Causation}, {"event id", r.EventID},
	} {
		if of.value != "" {
			parts = append(parts, of.name+" "+view.Printable(of.value))
		}
	}
	return strings.Join(parts, ", ")
}

// line is a record on one line: what happened, and who did it, if the application records that.
func line(r view.Record, data string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%8d  %s  %-28s %s %s  %s", r.Position, r.Time.Format("2006-01-02 15:04:05.000"), view.Printable(r.Kind), view.Printable(r.Aggregate), view.Printable(r.ID), view.Printable(data))
	for _, of := range []struct{ name, value string }{{"metadata", string(r.Metadata)}, {"problem", r.Problem}, {"passed over", r.Passed}} {
		if of.value != "" {
			fmt.Fprintf(&b, "  (%s: %s)", of.name, view.Printable(of.value))
		}
	}
	return b.String()
}

// printJSON writes a value as a line of JSON.
func printJSON(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }
