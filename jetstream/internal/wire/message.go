package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Message is a message of the stream, whichever way it was read.
type Message struct {
	Seq     uint64
	Subject string
	Time    time.Time // in UTC
	Header  nats.Header
	Data    []byte

	commit CommitHeader // once it was parsed: its ID is not empty then
}

// Commit returns the message's commit header; nil without an error if another
// program wrote the message, or there is none.
func (m *Message) Commit() (*CommitHeader, error) {
	if m == nil {
		return nil, nil
	}
	if m.commit.ID != "" {
		return &m.commit, nil
	}
	text := m.Header.Get(HeaderCommit)
	if text == "" {
		return nil, nil
	}
	h, err := ParseCommitHeader(text)
	if err != nil {
		return nil, err
	}
	m.commit = h
	return &m.commit, nil
}

// CommitEnd returns the position of the last message of the message's commit: its own
// if another program wrote it.
func (m *Message) CommitEnd() uint64 {
	if h, err := m.Commit(); err == nil && h != nil {
		return h.End(m.Seq)
	}
	return m.Seq
}

// CommitID returns the id of the message's commit; empty if another program wrote it,
// or there is none.
func (m *Message) CommitID() string {
	if h, err := m.Commit(); err == nil && h != nil {
		return h.ID
	}
	return ""
}

// On reports whether a filter selects the message.
func (m *Message) On(filter string) bool { return Matches(filter, m.Subject) }

// Size is about how many bytes the message takes in memory.
func (m *Message) Size() int { return len(m.Subject) + HeaderSize(m.Header) + len(m.Data) }

// recordSize is what the server writes for each message beside its parts, in bytes.
const recordSize = 34

// StoredSize is how many bytes the message takes in the stream: all but the headers
// that the server has added to its answer.
func (m *Message) StoredSize() int {
	n := recordSize + m.Size()
	for _, h := range AnswerHeaders {
		if vs := m.Header[h]; len(vs) > 0 {
			n -= headerLine(h, vs[len(vs)-1])
		}
	}
	return n
}

// LeaderMessage reads a message from the leader's answer to STREAM.MSG.GET; nil
// if the leader has none.
func LeaderMessage(got *nats.Msg) (*Message, error) {
	if Status(got) != 0 {
		return nil, ErrNoResponder
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message *struct {
			Subject string    `json:"subject"`
			Seq     uint64    `json:"seq"`
			Header  []byte    `json:"hdrs"`
			Data    []byte    `json:"data"`
			Time    time.Time `json:"time"`
		} `json:"message"`
	}
	if err := json.Unmarshal(got.Data, &answer); err != nil {
		return nil, &ReadError{Description: err.Error()}
	}
	if answer.Error != nil {
		return nil, leaderError(answer.Error)
	}
	stored := answer.Message
	if stored == nil {
		return nil, badAnswer("answer has no message")
	}
	m := &Message{Seq: stored.Seq, Subject: stored.Subject, Time: stored.Time.UTC(), Data: stored.Data}
	if len(stored.Header) > 0 {
		var err error
		if m.Header, err = nats.DecodeHeadersMsg(stored.Header); err != nil {
			return nil, &ReadError{Description: err.Error()}
		}
	}
	return m, nil
}

// leaderError is the error of a leader's answer; nil where it has no message.
func leaderError(e *jetstream.APIError) error {
	switch {
	case e.ErrorCode == codeNoMessage:
		return nil
	case e.Code == 503 || e.ErrorCode == codeNotLeader || e.ErrorCode == codeNotLeaderPeer:
		return ErrNoResponder
	}
	return &ReadError{Status: e.Code, Description: fmt.Sprintf("%s (%d)", e.Description, e.ErrorCode)}
}

// directMessage reads a message from an answer to DIRECT.GET.
func directMessage(m *nats.Msg, stream string) (*Message, error) {
	if got := serverHeader(m, HeaderStream); got != stream {
		return nil, badAnswer("message is of stream %.64q, not of %s", got, stream)
	}
	seq, err := strconv.ParseUint(serverHeader(m, HeaderSequence), 10, 64)
	if err != nil {
		return nil, badAnswer("message has no sequence")
	}
	at, err := time.Parse(time.RFC3339Nano, serverHeader(m, HeaderTime))
	if err != nil {
		return nil, badAnswer("message has no time")
	}
	subject := serverHeader(m, HeaderSubject)
	if subject == "" {
		return nil, badAnswer("message has no subject")
	}
	return &Message{Seq: seq, Subject: subject, Time: at.UTC(), Header: m.Header, Data: m.Data}, nil
}
