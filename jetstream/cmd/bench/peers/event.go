package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/jetsource/jetsource/core"
)

// changed is the event of all commits and updates. The one that is measured has 201
// bytes as JSON.
type changed struct{ Text string }

func (changed) EventKind() string { return "document.changed" }

var event = changed{strings.Repeat("0123456789", 19)}

// author is the metadata of all events.
const author = "ada"

// document is the state of an aggregate.
type document struct {
	Changes, Bytes int
	Last           string
}

// Clone returns a copy.
func (d document) Clone() document { return d }

func (d *document) apply(e changed) {
	d.Changes++
	d.Bytes += len(e.Text)
	d.Last = e.Text
}

// change is the command of all updates: it decides for one more event, whatever
// the state is.
func change(document) ([]core.Event, error) { return []core.Event{event}, nil }

// totals is the state of a read model of all events.
type totals struct{ Events, Bytes int }

func (t *totals) apply(e changed) {
	t.Events++
	t.Bytes += len(e.Text)
}

// decode decodes the event of a row of a table.
func decode(kind string, data []byte) (e changed, err error) {
	if !known[kind] {
		return e, fmt.Errorf("an event of kind %q", kind)
	}
	return e, json.Unmarshal(data, &e)
}

// repeat returns n events.
func repeat(n int) []core.Event {
	events := make([]core.Event, n)
	for i := range events {
		events[i] = event
	}
	return events
}

// newIDs gives each commit an aggregate of its own.
type newIDs struct{ last atomic.Int64 }

func (n *newIDs) next() string { return fmt.Sprint("new-", n.last.Add(1)) }

// count returns a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
