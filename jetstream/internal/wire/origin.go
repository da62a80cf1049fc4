package wire

import (
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// AddOrigin adds the headers of what is known of an origin.
func AddOrigin(h nats.Header, o core.Origin) error {
	if o == (core.Origin{}) {
		return nil
	}
	ids := []struct{ header, what, id string }{
		{HeaderCorrelation, "correlation id", o.CorrelationID},
		{HeaderCausation, "causation id", o.CausationID},
	}
	for _, of := range ids {
		if of.id == "" {
			continue
		}
		token, err := Token(of.what, of.id)
		if err != nil {
			return err
		}
		h[of.header] = []string{token}
	}
	if o.Trace.Parent != "" {
		h[HeaderTraceParent] = []string{o.Trace.Parent}
	}
	if o.Trace.State != "" {
		h[HeaderTraceState] = []string{o.Trace.State}
	}
	return nil
}

// Origin reads what [AddOrigin] added.
func Origin(h nats.Header) (o core.Origin, err error) {
	if o.CorrelationID, err = decodeID(h, HeaderCorrelation); err != nil {
		return o, err
	}
	if o.CausationID, err = decodeID(h, HeaderCausation); err != nil {
		return o, err
	}
	o.Trace = core.TraceContext{Parent: h.Get(HeaderTraceParent), State: h.Get(HeaderTraceState)}
	return o, nil
}

// decodeID reads a header that holds an id; empty if there is none.
func decodeID(h nats.Header, header string) (string, error) {
	return decodeToken(header, h.Get(header))
}

// decodeToken reads a token of a header; empty if there is none.
func decodeToken(header, token string) (string, error) {
	if token == "" {
		return "", nil
	}
	text, err := codec.DecodeToken(token)
	if err != nil {
		err = fmt.Errorf("header %s: %w", header, err)
	}
	return text, err
}
