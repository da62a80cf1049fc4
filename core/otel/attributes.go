package otel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/jetsource/jetsource/core"
)

// The attributes that no convention has.
const (
	keyAggregate   = attribute.Key("jetsource.aggregate.kind")
	keyID          = attribute.Key("jetsource.aggregate.id")
	keyVerb        = attribute.Key("jetsource.verb")
	keyCommand     = attribute.Key("jetsource.command")
	keyFrom        = attribute.Key("jetsource.load.from")
	keyEvents      = attribute.Key("jetsource.events")
	keyEventKind   = attribute.Key("jetsource.event.kind")
	keyPosition    = attribute.Key("jetsource.event.position")
	keyTargets     = attribute.Key("jetsource.commit.targets")
	keyCorrelation = attribute.Key("jetsource.correlation.id")
	keyRole        = attribute.Key("jetsource.snapshot.role")
	keyDone        = attribute.Key("jetsource.snapshot.done")
	keyRunner      = attribute.Key("jetsource.runner.type")
	keyName        = attribute.Key("jetsource.runner.name")
	keyState       = attribute.Key("jetsource.runner.state")
	keyNext        = attribute.Key("jetsource.fault.next")
	keyAttempt     = attribute.Key("jetsource.attempt")
)

// kinds of runners, as faults name them.
const (
	runnerProjection = "projection"
	runnerReactor    = "reactor"
	runnerReadModel  = "read model"
)

// errorTypes are the errors that metrics tell apart.
var errorTypes = []struct {
	err  error
	name string
}{
	{core.ErrConflict, "conflict"}, {core.ErrNotFound, "not_found"}, {core.ErrExists, "exists"}, {core.ErrTaken, "taken"},
	{core.ErrTooLarge, "too_large"}, {core.ErrUnknownOutcome, "unknown_outcome"}, {core.ErrUnavailable, "unavailable"},
	{core.ErrClosed, "closed"}, {context.Canceled, "canceled"}, {context.DeadlineExceeded, "timeout"},
}

// errorType returns one of few names for an error.
func errorType(err error) string {
	for _, t := range errorTypes {
		if errors.Is(err, t.err) {
			return t.name
		}
	}
	return "_OTHER"
}

func errorAttribute(err error) attribute.KeyValue { return semconv.ErrorTypeKey.String(errorType(err)) }
