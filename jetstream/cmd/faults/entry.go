//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// messageDigest returns the digest of all that a server holds of a message,
// including its time.
func messageDigest(m *nats.Msg) uint64 {
	texts := []string{string(m.Data)}
	for _, k := range slices.Sorted(maps.Keys(m.Header)) {
		switch k {
		case "Nats-Num-Pending", "Nats-Last-Sequence", "Nats-UpTo-Sequence":
			continue // they belong to the answer, not to the message
		}
		texts = append(texts, k, strings.Join(m.Header[k], "\n"))
	}
	return history.Digest(texts...)
}

// newEntry decodes a message of the stream.
func newEntry(seq uint64, m *nats.Msg) (history.Entry, error) {
	subject := strings.Split(m.Header.Get("Nats-Subject"), ".")
	if len(subject) != 4 {
		return history.Entry{}, fmt.Errorf("message %d: subject %q has %d tokens, want 4", seq, subject, len(subject))
	}
	header, err := history.ParseCommitHeader(m.Header.Get("Es-Commit"))
	if err != nil {
		return history.Entry{}, fmt.Errorf("message %d: %w", seq, err)
	}
	e := history.Entry{Seq: seq, Kind: subject[1], Aggregate: subject[2] + "." + subject[3], Header: header}
	if e.System() {
		return e, nil
	}
	var data struct {
		Mark
		Input uint64 `json:"input"`
	}
	if err := json.Unmarshal(m.Data, &data); err != nil {
		return e, fmt.Errorf("message %d: %w", seq, err)
	}
	e.Op, e.Part, e.Index, e.Input = data.Op, data.Part, data.Index, data.Input
	return e, nil
}
