package wire

import (
	"strconv"

	"github.com/nats-io/nats.go"
)

// Headers that carry an event's envelope.
const (
	HeaderCodec    = "Content-Type"
	HeaderCommit   = "Es-Commit"  // a CommitHeader
	HeaderCommand  = "Es-Command" // the command's id and, after a space, its fingerprint; both as tokens
	HeaderMetadata = "Es-Metadata"
	HeaderRecorded = "Es-Time" // when an event was recorded that was restored or copied later, in RFC 3339

	HeaderCorrelation = "Es-Correlation" // an id, as a token
	HeaderCausation   = "Es-Causation"   // an id, as a token
	HeaderTraceParent = "traceparent"    // of W3C, as other programs read it
	HeaderTraceState  = "tracestate"

	HeaderMetadataVersion = "Es-Metadata-Version" // of the layout, if not 0
	HeaderCopiedFrom      = "Es-Copied-From"      // the position in the log that a message was copied from
)

// Headers of NATS that a commit sets.
const (
	HeaderExpected        = "Nats-Expected-Last-Subject-Sequence"
	HeaderExpectedSubject = "Nats-Expected-Last-Subject-Sequence-Subject"
	HeaderExpectedEnd     = "Nats-Expected-Last-Sequence" // of the whole stream
	HeaderBatch           = "Nats-Batch-Id"
	HeaderBatchSequence   = "Nats-Batch-Sequence"
	HeaderBatchCommit     = "Nats-Batch-Commit"
)

// Headers of NATS that answers carry.
const (
	HeaderStream       = "Nats-Stream"
	HeaderSubject      = "Nats-Subject"
	HeaderSequence     = "Nats-Sequence"
	HeaderTime         = "Nats-Time-Stamp"
	HeaderLastSequence = "Nats-Last-Sequence"
	HeaderPending      = "Nats-Num-Pending"
	HeaderUpTo         = "Nats-UpTo-Sequence"

	HeaderPendingMessages = "Nats-Pending-Messages"
	HeaderStatus          = "Status"
	HeaderDescription     = "Description"
)

// AnswerHeaders are those that a server adds to a message of an answer.
var AnswerHeaders = []string{HeaderStream, HeaderSubject, HeaderSequence, HeaderTime, HeaderPending, HeaderLastSequence, HeaderUpTo}

// HeaderSize is the length of h on the wire, in bytes.
func HeaderSize(h nats.Header) int {
	n := len("NATS/1.0\r\n\r\n")
	for k, vs := range h {
		for _, v := range vs {
			n += headerLine(k, v)
		}
	}
	return n
}

// headerLine is the length of a header's line on the wire.
func headerLine(key, value string) int { return len(key) + len(": ") + len(value) + len("\r\n") }

// Status returns the status that a server sent in place of an answer; 0 if m is
// an answer.
func Status(m *nats.Msg) int {
	if len(m.Header) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(m.Header.Get(HeaderStatus))
	return n
}

// serverHeader returns the value that the server gave a header: the last one,
// because the server appends its own to those that a message was stored with.
func serverHeader(m *nats.Msg, header string) string {
	if vs := m.Header[header]; len(vs) > 0 {
		return vs[len(vs)-1]
	}
	return ""
}
