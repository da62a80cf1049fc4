package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/jetsource/jetsource/core"
)

// changed is the event of all comparisons, 201 bytes as JSON.
type changed struct{ Text string }

func (changed) EventKind() string { return "document.changed" }

// The eight kinds of events in a [filledStream].
type (
	change0 struct{ changed }
	change1 struct{ changed }
	change2 struct{ changed }
	change3 struct{ changed }
	change4 struct{ changed }
	change5 struct{ changed }
	change6 struct{ changed }
	change7 struct{ changed }
)

const kinds = 8

func kindOf(i int) string { return fmt.Sprint("document.change", i) }

func (change0) EventKind() string { return kindOf(0) }
func (change1) EventKind() string { return kindOf(1) }
func (change2) EventKind() string { return kindOf(2) }
func (change3) EventKind() string { return kindOf(3) }
func (change4) EventKind() string { return kindOf(4) }
func (change5) EventKind() string { return kindOf(5) }
func (change6) EventKind() string { return kindOf(6) }
func (change7) EventKind() string { return kindOf(7) }

var (
	event      = changed{strings.Repeat("0123456789", 19)}
	payload, _ = json.Marshal(event) // what the raw client publishes; a struct of one string can be encoded
)

// author is the metadata of all events.
const author = "ada"

// repeat returns n events.
func repeat(n int) []core.Event {
	events := make([]core.Event, n)
	for i := range events {
		events[i] = event
	}
	return events
}

func key(id string) core.Key[string] { return core.Key[string]{Kind: "document", ID: id} }

// newIDs gives each commit an aggregate of its own.
type newIDs struct{ last atomic.Int64 }

func (n *newIDs) next() string { return fmt.Sprint("doc-", n.last.Add(1)) }

// count returns a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
