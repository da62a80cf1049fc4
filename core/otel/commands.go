package otel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/jetsource/jetsource/core"
)

// end ends a span.
func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
		span.SetAttributes(errorAttribute(err))
	}
	span.End()
}

func (o *observer) command(ctx context.Context, c core.CommandInfo) (context.Context, func(error)) {
	begun := time.Now()
	name, of := c.Verb, []attribute.KeyValue{keyVerb.String(c.Verb)}
	if c.Aggregate != "" {
		name, of = c.Verb+" "+c.Aggregate, append(of, keyAggregate.String(c.Aggregate))
	}
	ctx, span := o.tracer.Start(ctx, name, trace.WithAttributes(of...))
	if span.IsRecording() && c.Aggregate != "" {
		span.SetAttributes(keyID.String(c.ID), keyCommand.String(c.Command))
	}
	return ctx, func(err error) {
		took(ctx, o.metrics.commands, begun, err, of...)
		end(span, err)
	}
}

func (o *observer) load(ctx context.Context, l core.LoadInfo) (context.Context, func(core.LoadEnd)) {
	begun, kind := time.Now(), keyAggregate.String(l.Aggregate)
	ctx, span := o.tracer.Start(ctx, "load "+l.Aggregate, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(kind, keyID.String(l.ID)))
	return ctx, func(e core.LoadEnd) {
		took(ctx, o.metrics.loads, begun, e.Err, kind)
		add(ctx, o.metrics.loaded, e.Events, kind)
		if span.IsRecording() {
			span.SetAttributes(keyEvents.Int(e.Events), keyFrom.String(e.From))
		}
		end(span, e.Err)
	}
}

func (o *observer) commit(ctx context.Context, c core.CommitSummary) (context.Context, func(error)) {
	begun := time.Now()
	ctx, span := o.tracer.Start(ctx, "commit", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		semconv.MessagingOperationName("commit"), semconv.MessagingOperationTypeSend, semconv.MessagingBatchMessageCount(c.Events),
	))
	if span.IsRecording() {
		span.SetAttributes(keyTargets.StringSlice(c.Targets), keyEventKind.StringSlice(c.Kinds))
		if id := core.OriginOf(ctx).CorrelationID; id != "" {
			span.SetAttributes(keyCorrelation.String(id))
		}
	}
	ctx = withTrace(ctx)
	return ctx, func(err error) {
		took(ctx, o.metrics.commits, begun, err)
		if err == nil {
			add(ctx, o.metrics.committed, c.Events)
		}
		end(span, err)
	}
}

func (o *observer) snapshot(ctx context.Context, s core.SnapshotInfo) (context.Context, func(core.SnapshotEnd)) {
	begun := time.Now()
	of := []attribute.KeyValue{keyVerb.String(s.Verb), keyRole.String(string(s.Role)), keyAggregate.String(s.Kind)}
	ctx, span := o.tracer.Start(ctx, s.Verb+" snapshot "+s.Kind, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(of...))
	return ctx, func(e core.SnapshotEnd) {
		took(ctx, o.metrics.snapshots, begun, e.Err, append(of, keyDone.Bool(e.Done))...)
		span.SetAttributes(keyDone.Bool(e.Done))
		end(span, e.Err)
	}
}
