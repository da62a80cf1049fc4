// Package otel tells OpenTelemetry what a store does, and what runs on it: spans and
// metrics, by the observer that the store is given.
//
//	observer, err := otel.NewObserver(otel.Config{})
//	store, err := jetstream.Open[string, Meta](ctx, nc, jetstream.Config{Observer: observer})
//
// # Spans
//
// A command is a span; inside it are its loads, snapshots and commits. A commit records
// the trace that it is part of beside its events, as W3C Trace Context has it, and so the
// trace goes on in whatever process acts on them: a reaction is a child of the commit of
// its event, and linked to it, and its outputs carry the trace further. A transaction of a
// read model, or a fold of a live projection, has events of many traces. The transaction is
// a trace of its own, linked to those of its events; in each of these traces is a span that
// says when the model held the event. There is none for events older than ten minutes: a
// model that is rebuilt does not go on with traces of last year.
//
// # Metrics
//
// All names begin with "jetsource."; durations are histograms in seconds. [WatchHealth]
// adds lag and state of runners. The dashboard in dashboard.json shows them in Grafana, from
// a Prometheus. Attributes follow version 1.43.0 of the semantic conventions; those without
// a convention begin with "jetsource.". The ids of aggregates are in spans, never in metrics.
package otel
