package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/jetsource/jetsource/core"
)

// Stored is an event as the store has it.
type Stored = core.StoredEvent[string, uint64, core.NoMetadata]

// The extension attributes: those for tracing are of the CloudEvents documents.
const (
	correlationID = "correlationid"
	causationID   = "causationid"
	traceParent   = "traceparent"
	traceState    = "tracestate"
	sequence      = "sequence"
)

// ToCloudEvent returns an event as a CloudEvent. The source is the store, within which the
// id of an event is its own; the data is what the store has, as it is.
func ToCloudEvent(storeID string, e Stored) (cloudevents.Event, error) {
	ce := cloudevents.NewEvent()
	ce.SetID(e.EventID())
	ce.SetSource("urn:jetsource:" + storeID)
	ce.SetType(e.Kind)
	ce.SetSubject(e.Key.Kind + "/" + e.Key.ID)
	ce.SetTime(e.Time)
	ce.SetExtension(sequence, fmt.Sprintf("%020d", e.Position)) // which sorts as text, too
	ce.SetExtension(correlationID, e.CorrelationID())
	for name, value := range map[string]string{
		causationID: e.Origin.CausationID, traceParent: e.Origin.Trace.Parent, traceState: e.Origin.Trace.State,
	} {
		if value != "" {
			ce.SetExtension(name, value)
		}
	}
	if err := ce.SetData(e.Codec, e.Data); err != nil {
		return ce, err
	}
	return ce, ce.Validate()
}

// FromCloudEvent returns the aggregate and the event of a CloudEvent, and a context for the
// command that takes it: with the origin that the sender told, and with a command id made of
// source and id, so that a CloudEvent that is delivered again counts once.
func FromCloudEvent(ctx context.Context, ce cloudevents.Event) (context.Context, string, PaymentReceived, error) {
	var event PaymentReceived
	if err := ce.Validate(); err != nil {
		return ctx, "", event, err
	}
	kind, id, ok := strings.Cut(ce.Subject(), "/")
	if !ok || kind != "account" || id == "" || ce.Type() != event.EventKind() {
		return ctx, "", event, errors.New("no payment to an account: " + ce.Type() + " of " + ce.Subject())
	}
	if err := ce.DataAs(&event); err != nil {
		return ctx, "", event, err
	}
	text := func(name string) string {
		value, _ := ce.Extensions()[name].(string)
		return value
	}
	ctx = core.WithOrigin(ctx, core.Origin{
		CorrelationID: text(correlationID),
		CausationID:   ce.ID(),
		Trace:         core.TraceContext{Parent: text(traceParent), State: text(traceState)},
	})
	return core.WithCommandID(ctx, ce.Source()+"#"+ce.ID()), id, event, nil
}
