package otel

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/jetsource/jetsource/core"
)

func (o *observer) react(ctx context.Context, r core.ReactionInfo) (context.Context, func(error)) {
	begun, of := time.Now(), runner(runnerReactor, r.Reactor)
	o.delayed(ctx, r.Event, of)
	ctx, links := within(ctx, r.Event)
	ctx, span := o.tracer.Start(ctx, "react "+r.Reactor, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(links...),
		trace.WithAttributes(of...), trace.WithAttributes(semconv.MessagingOperationName("react"), semconv.MessagingOperationTypeProcess, keyAttempt.Int(r.Attempt)))
	describe(span, r.Event)
	ctx = withTrace(ctx) // of its outputs: they are committed together with those of other events
	return ctx, func(err error) {
		took(ctx, o.metrics.reactions, begun, err, keyName.String(r.Reactor))
		end(span, err)
	}
}

func (o *observer) fold(ctx context.Context, f core.Fold) {
	took(ctx, o.metrics.folds, time.Now().Add(-f.Took), f.Err, keyName.String(f.Projection))
	of := runner(runnerProjection, f.Projection)
	o.delayed(ctx, f.Event, of)
	o.reached(ctx, "fold "+f.Projection, f.Event, time.Now().Add(-f.Took), f.Err, of)
}

func (o *observer) apply(ctx context.Context, a core.ApplyInfo) (context.Context, func(core.ApplyEnd)) {
	begun, of := time.Now(), runner(runnerReadModel, a.Model)
	ctx, span := o.tracer.Start(ctx, "apply "+a.Model, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(linksOf(a.Events)...),
		trace.WithAttributes(of...), trace.WithAttributes(
			semconv.MessagingOperationName("apply"), semconv.MessagingOperationTypeProcess, semconv.MessagingBatchMessageCount(len(a.Events))))
	return ctx, func(e core.ApplyEnd) {
		took(ctx, o.metrics.applies, begun, e.Err, keyName.String(a.Model))
		add(ctx, o.metrics.applied, e.Events, keyName.String(a.Model))
		for _, event := range a.Events[:e.Events] {
			o.delayed(ctx, event, of)
			o.reached(ctx, "apply "+a.Model, event, begun, nil, of, trace.Link{SpanContext: span.SpanContext()})
		}
		end(span, e.Err)
	}
}

func (o *observer) fault(ctx context.Context, f core.Fault) {
	of := append(runner(f.Runner, f.Name), keyNext.String(string(f.Next)), errorAttribute(f.Err))
	add(ctx, o.metrics.faults, 1, of...)
	trace.SpanFromContext(ctx).AddEvent("fault", trace.WithAttributes(of...), trace.WithAttributes(semconv.ExceptionMessage(fmt.Sprint(f.Err))))
}

// delayed records how old an event is that is being acted on.
func (o *observer) delayed(ctx context.Context, e core.EventInfo, of []attribute.KeyValue) {
	took(ctx, o.metrics.delay, e.Time, nil, of...)
}

// reached adds a span to the trace of an event: something holds it now.
func (o *observer) reached(ctx context.Context, name string, e core.EventInfo, begun time.Time, err error, of []attribute.KeyValue, links ...trace.Link) {
	if time.Since(e.Time) > maxTraceAge {
		return
	}
	ctx, link := within(ctx, e)
	if link == nil {
		return
	}
	_, span := o.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithTimestamp(begun),
		trace.WithLinks(append(link, links...)...), trace.WithAttributes(of...))
	describe(span, e)
	end(span, err)
}

// linksOf returns a link to each trace of some events, as many as a span keeps.
func linksOf(events []core.EventInfo) (links []trace.Link) {
	const most = 128
	known := make(map[trace.SpanID]bool)
	for _, e := range events {
		if len(links) == most {
			break
		}
		if span := spanOf(e); span.IsValid() && !known[span.SpanID()] {
			known[span.SpanID()] = true
			links = append(links, trace.Link{SpanContext: span})
		}
	}
	return links
}

func runner(kind, name string) []attribute.KeyValue {
	return []attribute.KeyValue{keyRunner.String(kind), keyName.String(name)}
}

// describe says which event a span is about.
func describe(span trace.Span, e core.EventInfo) {
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(keyEventKind.String(e.Kind), keyTargets.String(e.Key.String()), keyPosition.String(fmt.Sprint(e.Position)))
	if e.Origin.CorrelationID != "" {
		span.SetAttributes(keyCorrelation.String(e.Origin.CorrelationID))
	}
}
