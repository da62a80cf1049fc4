package jetstream

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
)

// Headers that carry an event's envelope.
const (
	headerCodec    = "Content-Type"
	headerCommit   = "Es-Commit"
	headerCommand  = "Es-Command"
	headerMetadata = "Es-Metadata"
)

// Headers of NATS that a commit sets.
const (
	headerExpected        = "Nats-Expected-Last-Subject-Sequence"
	headerExpectedSubject = "Nats-Expected-Last-Subject-Sequence-Subject"
	headerBatch           = "Nats-Batch-Id"
	headerBatchSequence   = "Nats-Batch-Sequence"
	headerBatchCommit     = "Nats-Batch-Commit"
)

// Headers of NATS that answers carry.
const (
	headerStream       = "Nats-Stream"
	headerSubject      = "Nats-Subject"
	headerSequence     = "Nats-Sequence"
	headerTime         = "Nats-Time-Stamp"
	headerLastSequence = "Nats-Last-Sequence"
	headerPending      = "Nats-Num-Pending"
	headerUpTo         = "Nats-UpTo-Sequence"

	headerPendingMessages = "Nats-Pending-Messages"
	headerStatus          = "Status"
	headerDescription     = "Description"
)

// link is an event's place in its commit and in the chain of its aggregate.
type link struct {
	core.CommitInfo

	previous uint64 // the version that the commit was made on; 0 for none
}

// String returns the link as header Es-Commit holds it:
//
//	<commit id> <offset> <index>/<count> <previous>
func (l link) String() string {
	var room [96]byte // enough for ours
	b := append(room[:0], l.ID...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(l.Offset), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(l.Index), 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(l.Count), 10)
	b = append(b, ' ')
	b = strconv.AppendUint(b, l.previous, 10)
	return string(b)
}

// parseLink reads what [link.String] wrote, and nothing else.
func parseLink(s string) (link, error) {
	var l link
	id, rest, ok1 := strings.Cut(s, " ")
	offset, rest, ok2 := strings.Cut(rest, " ")
	place, previous, ok3 := strings.Cut(rest, " ")
	index, count, ok4 := strings.Cut(place, "/")
	if !ok1 || !ok2 || !ok3 || !ok4 || id == "" {
		return link{}, fmt.Errorf("header %s: %.100q is not a commit", headerCommit, s)
	}
	var err1, err2, err3, err4 error
	l.ID = id
	l.Offset, err1 = strconv.Atoi(offset)
	l.Index, err2 = strconv.Atoi(index)
	l.Count, err3 = strconv.Atoi(count)
	l.previous, err4 = strconv.ParseUint(previous, 10, 64)
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			return link{}, fmt.Errorf("header %s: %w", headerCommit, err)
		}
	}
	if l.Offset < 0 || l.Index < 0 || l.Index >= l.Count || l.String() != s {
		return link{}, fmt.Errorf("header %s: %.100q is not a commit", headerCommit, s)
	}
	return l, nil
}

// headerSize is the length of h as it goes over the wire.
func headerSize(h nats.Header) int {
	n := len("NATS/1.0\r\n\r\n")
	for k, vs := range h {
		for _, v := range vs {
			n += len(k) + len(": ") + len(v) + len("\r\n")
		}
	}
	return n
}
