//go:build unix

package main

import (
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
	return history.NewEntry(seq, m.Header.Get("Nats-Subject"), m.Header.Get("Es-Commit"), m.Data)
}
