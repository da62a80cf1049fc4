package otel

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/jetsource/jetsource/core"
)

// w3c is how the trace of a commit is written beside its events, whatever propagator the
// program has for its requests.
var w3c propagation.TraceContext

// withTrace returns a context whose commits record the span of ctx as their trace.
func withTrace(ctx context.Context) context.Context {
	carrier := propagation.MapCarrier{}
	w3c.Inject(ctx, carrier)
	if carrier["traceparent"] == "" {
		return ctx
	}
	return core.WithTrace(ctx, core.TraceContext{Parent: carrier["traceparent"], State: carrier["tracestate"]})
}

// spanOf returns the span in which an event was committed; it is not valid if the event
// has no trace.
func spanOf(e core.EventInfo) trace.SpanContext {
	if e.Origin.Trace.Parent == "" {
		return trace.SpanContext{}
	}
	carrier := propagation.MapCarrier{"traceparent": e.Origin.Trace.Parent, "tracestate": e.Origin.Trace.State}
	return trace.SpanContextFromContext(w3c.Extract(context.Background(), carrier))
}

// within returns a context within the trace of an event, and the link to it; nil if the
// event has none.
func within(ctx context.Context, e core.EventInfo) (context.Context, []trace.Link) {
	span := spanOf(e)
	if !span.IsValid() {
		return ctx, nil
	}
	return trace.ContextWithRemoteSpanContext(ctx, span), []trace.Link{{SpanContext: span}}
}
