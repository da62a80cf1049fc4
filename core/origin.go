package core

import (
	"context"
	"strings"
)

// Origin says what a commit came from. A store records it beside each event, from the
// context of the commit: see [OriginOf]. The zero Origin says nothing.
type Origin struct {
	// CorrelationID is what everything has in common that came from one request. Where
	// it is empty the commit begins something new: see [Envelope.CorrelationID].
	CorrelationID string
	// CausationID names what led to the commit. Of the outputs of a reactor it is the
	// [Envelope.EventID] of the event that it reacted to.
	CausationID string
	// Trace is the trace that the commit was part of.
	Trace TraceContext
}

// TraceContext names a span of a distributed trace, as the W3C Trace Context does: the
// values of the headers traceparent and tracestate. The library carries it, and does not
// read it; package core/otel does. The zero TraceContext is no trace.
type TraceContext struct {
	Parent string
	State  string
}

// The longest values of a trace that are recorded, in bytes. W3C has 55 for the first, and
// says of the second that at least 512 are passed on.
const (
	maxTraceParent = 128
	maxTraceState  = 512
)

// Or returns o, or other if o is zero.
func (o Origin) Or(other Origin) Origin {
	if o == (Origin{}) {
		return other
	}
	return o
}

type originKey struct{}

// WithOrigin returns a context whose commits have an origin. A trace that is no header's
// value, or too long for one, is left out: it fails no commit.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	if o.Trace.Parent == "" || !isHeaderValue(o.Trace.Parent, maxTraceParent) {
		o.Trace = TraceContext{}
	}
	if !isHeaderValue(o.Trace.State, maxTraceState) {
		o.Trace.State = ""
	}
	return context.WithValue(ctx, originKey{}, o)
}

// WithCorrelationID returns a context whose commits have a correlation id, for example
// that of an HTTP request. The rest of the origin stays.
func WithCorrelationID(ctx context.Context, id string) context.Context {
	o := OriginOf(ctx)
	o.CorrelationID = id
	return WithOrigin(ctx, o)
}

// WithTrace returns a context whose commits are part of a trace. The rest of the origin
// stays.
func WithTrace(ctx context.Context, t TraceContext) context.Context {
	o := OriginOf(ctx)
	o.Trace = t
	return WithOrigin(ctx, o)
}

// OriginOf returns the origin of the commits that are made with ctx; zero if it has none.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// CausedBy returns a context for what an event leads to: its commits have the event's
// correlation id and trace, and the event as their cause. A reactor gives it to its
// handlers, and records their outputs with it.
func CausedBy[ID, Pos comparable, M any](ctx context.Context, e Envelope[ID, Pos, M]) context.Context {
	e.Commit.Part = 0 // what is recorded is one event, whatever it is today
	return WithOrigin(ctx, Origin{CorrelationID: e.CorrelationID(), CausationID: e.EventID(), Trace: e.Origin.Trace})
}

// CorrelationID returns what the event has in common with all that came from the same
// request. A commit without a correlation id begins one: that is the id of the commit.
func (e Envelope[ID, Pos, M]) CorrelationID() string {
	if e.Origin.CorrelationID != "" {
		return e.Origin.CorrelationID
	}
	return e.Commit.ID
}

// isHeaderValue reports whether a text is printable ASCII without a space at its ends,
// and not longer than most.
func isHeaderValue(text string, most int) bool {
	if strings.TrimSpace(text) != text {
		return false
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return len(text) <= most
}
