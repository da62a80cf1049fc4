// Package transform makes the commits of a new log from those of an old one: kinds renamed,
// events dropped or changed by a program, and every commit header made anew for the
// positions that the messages get.
package transform

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Rules say what becomes of messages. The zero Rules change nothing but positions.
type Rules struct {
	Kinds          map[string]string `json:"kinds"`           // of events: old to new
	Aggregates     map[string]string `json:"aggregates"`      // kinds of aggregates: old to new
	Drop           []string          `json:"drop"`            // kinds of events
	DropAggregates []string          `json:"drop_aggregates"` // kinds of aggregates
}

// ReadRules reads rules from a file of JSON. A field that is not known is an error.
func ReadRules(name string) (r Rules, err error) {
	f, err := os.Open(name)
	if err != nil {
		return r, err
	}
	defer func() { _ = f.Close() }() // it was only read
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, fmt.Errorf("%s: %w", name, err)
	}
	for _, names := range []map[string]string{r.Kinds, r.Aggregates} {
		for from, to := range names {
			if to == "" || strings.HasPrefix(to, "_") {
				return r, fmt.Errorf("%s: %q cannot become %q", name, from, to)
			}
		}
	}
	return r, nil
}

// drops reports whether an event is left out.
func (r Rules) drops(e Event) bool {
	return slices.Contains(r.Drop, e.Kind) || slices.Contains(r.DropAggregates, e.Aggregate)
}

// rename gives an event the kinds that it has in the new log.
func (r Rules) rename(e *Event) {
	if to, ok := r.Kinds[e.Kind]; ok {
		e.Kind = to
	}
	if to, ok := r.Aggregates[e.Aggregate]; ok {
		e.Aggregate = to
	}
}
