package coretest

import "encoding/json"

// Raw is an event of any kind and content, for histories that no program of
// today would write: a payload of old, one that does not decode, or of a kind that is
// gone. [Given] and [GivenProjection] take it, and stores that keep JSON, which one with
// sealed fields does not.
type Raw struct {
	Kind string
	JSON string // any JSON, whether the type of that kind can be read from it or not
}

// EventKind returns the kind.
func (r Raw) EventKind() string { return r.Kind }

// MarshalJSON returns the content.
func (r Raw) MarshalJSON() ([]byte, error) { return json.RawMessage(r.JSON).MarshalJSON() }

// UnmarshalJSON takes data for the content.
func (r *Raw) UnmarshalJSON(data []byte) error {
	r.JSON = string(data)
	return nil
}
