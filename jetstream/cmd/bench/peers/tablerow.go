package main

import (
	"encoding/json"
	"time"
)

// tableRow is an event in a table. Its fields are used again for the next row.
type tableRow struct {
	position       int64
	stream         string
	version        int32
	kind           string
	data, metadata []byte
	at             time.Time
}

// decode decodes the event and its metadata, as the library does.
func (r *tableRow) decode() (changed, error) {
	var by string
	if err := json.Unmarshal(r.metadata, &by); err != nil {
		return changed{}, err
	}
	return decode(r.kind, r.data)
}
