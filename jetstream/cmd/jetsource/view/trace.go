package view

import "strings"

// Trace finds the records that came from one request, or from one event.
type Trace struct {
	id, commit string
	part       map[string]bool // event ids that are part of it
}

// NewTrace returns the trace of a correlation, command, commit or event id.
func NewTrace(id string) *Trace {
	commit, _, _ := strings.Cut(id, "/")
	return &Trace{id: id, commit: commit, part: map[string]bool{id: true}}
}

// Has reports whether a record is part of the trace. It is asked about all records, in
// order.
func (t *Trace) Has(r Record) bool {
	if r.Correlation != t.id && r.EventID != t.id && (r.Commit != t.commit || t.commit != t.id) && !t.part[r.Causation] && r.Command != t.id {
		return false
	}
	if r.EventID != "" { // or all that has no cause would come from it
		t.part[r.EventID] = true
	}
	return true
}
