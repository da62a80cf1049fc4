package jetstream

import (
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// encodeOrigin adds the headers of what is known of an origin.
func encodeOrigin(h nats.Header, o core.Origin) error {
	if o == (core.Origin{}) {
		return nil
	}
	ids := []struct{ header, what, id string }{
		{wire.HeaderCorrelation, "correlation id", o.CorrelationID},
		{wire.HeaderCausation, "causation id", o.CausationID},
	}
	for _, of := range ids {
		if of.id == "" {
			continue
		}
		token, err := wire.Token(of.what, of.id)
		if err != nil {
			return err
		}
		h[of.header] = []string{token}
	}
	if o.Trace.Parent != "" {
		h[wire.HeaderTraceParent] = []string{o.Trace.Parent}
	}
	if o.Trace.State != "" {
		h[wire.HeaderTraceState] = []string{o.Trace.State}
	}
	return nil
}

// decodeOrigin reads what encodeOrigin added.
func decodeOrigin(h nats.Header) (o core.Origin, err error) {
	if o.CorrelationID, err = decodeID(h, wire.HeaderCorrelation); err != nil {
		return o, err
	}
	if o.CausationID, err = decodeID(h, wire.HeaderCausation); err != nil {
		return o, err
	}
	o.Trace = core.TraceContext{Parent: h.Get(wire.HeaderTraceParent), State: h.Get(wire.HeaderTraceState)}
	return o, nil
}

// decodeID reads a header that holds an id; empty if there is none.
func decodeID(h nats.Header, header string) (string, error) {
	token := h.Get(header)
	if token == "" {
		return "", nil
	}
	id, err := codec.DecodeToken(token)
	if err != nil {
		err = fmt.Errorf("header %s: %w", header, err)
	}
	return id, err
}
