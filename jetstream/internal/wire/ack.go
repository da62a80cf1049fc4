package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Result is what one attempt to send a commit came to.
type Result int

// The results of an attempt.
const (
	Acked       Result = iota
	Ambiguous          // no answer: the commit was written, or not, or will be
	NotWritten         // and it may be sent again
	Denied             // suspect: not written by the server that answered, which may not be the leader
	Conflict           // not written: an aggregate is at another version
	Rejected           // not written, and never will be
	OtherStream        // says nothing: another stream of the account answered too
)

// Outcome is what is known after one attempt.
type Outcome struct {
	Result Result
	Seq    uint64 // Acked: of the last event
	Actual uint64 // Conflict: the version of the aggregate, if Known
	Known  bool   // Conflict: the server said which version the aggregate is at
	Err    error  // Rejected: why; Ambiguous: why it is of no use to send it again; OtherStream: an [OtherAckError], or nil

	InFlight bool // NotWritten, Denied: another commit to an aggregate was in flight
}

// AckReader reads the answers to commits. All streams of the account whose subjects
// cover a message take it and answer, also those in other domains; only the answers
// of the store's own stream count.
type AckReader struct {
	stream, domain string
	begins         []byte // how the usual answer to a publish begins
}

// NewAckReader returns a reader of the acks of a stream in a domain; empty for the
// domain without a name.
func NewAckReader(stream, domain string) *AckReader {
	r := &AckReader{stream: stream, domain: domain}
	r.begins = fmt.Appendf(nil, `{"stream":%q,`, stream)
	if domain != "" {
		r.begins = fmt.Appendf(r.begins, `"domain":%q,`, domain)
	}
	r.begins = append(r.begins, `"seq":`...)
	return r
}

// Domain is the domain of the stream; empty for the one without a name.
func (r *AckReader) Domain() string { return r.domain }

// ackMessage is an answer to a commit, as JSON. One with an error names no domain.
type ackMessage struct {
	Stream    string              `json:"stream"`
	Domain    string              `json:"domain"`
	Sequence  uint64              `json:"seq"`
	Duplicate bool                `json:"duplicate"`
	Batch     string              `json:"batch"`
	Count     int                 `json:"count"`
	Error     *jetstream.APIError `json:"error"`
}

// Read returns the outcome that an answer to a commit of n events means. Batch is
// the id of the atomic batch it was sent as; empty for a publish.
func (r *AckReader) Read(m *nats.Msg, batch string, n int) Outcome {
	if Status(m) == 503 {
		return Outcome{Result: NotWritten} // no server took it
	}
	if len(m.Data) == 0 {
		return Outcome{Result: Ambiguous}
	}
	if seq, ok := r.plainAck(m.Data); ok && n == 1 && batch == "" {
		return Outcome{Result: Acked, Seq: seq}
	}
	var ack ackMessage
	if err := json.Unmarshal(m.Data, &ack); err != nil {
		return Outcome{Result: Ambiguous}
	}
	if other := r.other(&ack); other != nil {
		return Outcome{Result: OtherStream, Err: other}
	}
	if ack.Error != nil {
		if ack.Stream != "" && ack.Stream != r.stream {
			return Outcome{Result: OtherStream}
		}
		return rejection(ack.Error)
	}
	counted := n == 1 && ack.Batch == "" || ack.Batch == batch && ack.Count == n
	if ack.Stream != r.stream || ack.Sequence < uint64(n) || ack.Duplicate || !counted {
		return Outcome{Result: Ambiguous} // it is not about what was sent
	}
	return Outcome{Result: Acked, Seq: ack.Sequence}
}

// Other returns which other stream acked a commit; nil if m is not such an ack.
func (r *AckReader) Other(m *nats.Msg) *OtherAckError {
	if len(m.Header) > 0 || !bytes.HasPrefix(m.Data, []byte(`{"stream":"`)) || bytes.HasPrefix(m.Data, r.begins) {
		return nil
	}
	var ack ackMessage
	if json.Unmarshal(m.Data, &ack) == nil {
		return r.other(&ack)
	}
	return nil
}

func (r *AckReader) other(ack *ackMessage) *OtherAckError {
	own := ack.Stream == r.stream && ack.Domain == r.domain
	if ack.Error == nil && ack.Stream != "" && ack.Sequence > 0 && !own {
		return &OtherAckError{Domain: ack.Domain, Stream: ack.Stream}
	}
	return nil
}

// rejection returns the outcome that an error of the server means.
func rejection(e *jetstream.APIError) Outcome {
	switch e.ErrorCode {
	case codeWrongLast:
		actual, known := lastNumber(e.Description)
		return Outcome{Result: Conflict, Actual: actual, Known: known}
	case codeInFlight, codeQueueFull, CodeBatchesFull, CodeBatchIncomplete:
		return Outcome{Result: NotWritten, InFlight: e.ErrorCode == codeInFlight}
	case codeNotLeader, codeNotLeaderPeer, codeResetting, codeOffline, codeOfflineReason, codeBatchDuplicate:
		return Outcome{Result: Ambiguous}
	}
	return Outcome{Result: Rejected, Err: &RejectedError{Code: int(e.ErrorCode), Description: e.Description}}
}

// plainAck reads the usual answer to a publish by comparing bytes. Reading it as
// JSON takes a tenth of what a client has to do for a commit.
func (r *AckReader) plainAck(data []byte) (seq uint64, ok bool) {
	rest, ok := bytes.CutPrefix(data, r.begins)
	if !ok {
		return 0, false
	}
	digits, ok := bytes.CutSuffix(rest, []byte("}"))
	if !ok {
		return 0, false
	}
	seq, err := strconv.ParseUint(string(bytes.TrimPrefix(digits, []byte(" "))), 10, 64)
	return seq, err == nil && seq > 0
}

// lastNumber returns the number that a description ends with. The server gives
// the version of an aggregate nowhere else.
func lastNumber(description string) (uint64, bool) {
	n, err := strconv.ParseUint(description[strings.LastIndexByte(description, ' ')+1:], 10, 64)
	return n, err == nil
}
