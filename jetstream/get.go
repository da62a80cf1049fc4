package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
)

// getRequest asks for messages of the stream, as STREAM.MSG.GET and DIRECT.GET
// read it.
type getRequest struct {
	Seq       uint64   `json:"seq,omitempty"`
	LastFor   string   `json:"last_by_subj,omitempty"`
	NextFor   string   `json:"next_by_subj,omitempty"`
	Batch     int      `json:"batch,omitempty"`
	MaxBytes  int      `json:"max_bytes,omitempty"`
	MultiLast []string `json:"multi_last,omitempty"`
	UpTo      uint64   `json:"up_to_seq,omitempty"`
}

// fits reports whether a message can be an answer to the request.
func (r getRequest) fits(m *message) bool {
	if m.seq == 0 || m.seq < r.Seq || r.UpTo > 0 && m.seq > r.UpTo {
		return false
	}
	switch {
	case r.MultiLast != nil:
		return slices.ContainsFunc(r.MultiLast, m.on)
	case r.LastFor != "":
		return m.on(r.LastFor)
	case r.NextFor != "":
		return m.on(r.NextFor)
	}
	return m.seq == r.Seq
}

// misfit is the error of an answer that is none to what was asked.
func misfit(m *message) error {
	return &ReadError{Description: fmt.Sprintf("message %d on %.64q is not what was asked for", m.seq, m.subject)}
}

// message is a message of the stream, whichever way it was read.
type message struct {
	seq     uint64
	subject string
	time    time.Time
	header  nats.Header
	data    []byte
	place   *link // once link was called
}

// on reports whether a filter selects the message.
func (m *message) on(filter string) bool { return matches(filter, m.subject) }

// link returns the message's place in its commit; nil without an error if
// another program wrote the message.
func (m *message) link() (*link, error) {
	text := m.header.Get(headerCommit)
	if m.place != nil || text == "" {
		return m.place, nil
	}
	l, err := parseLink(text)
	if err != nil {
		return nil, err
	}
	m.place = &l
	return m.place, nil
}

// A page is one answer to a batched read. It is a burst, so it must stay well
// below what a server lets pile up for a client.
const (
	pageMessages = 500
	pageBytes    = 512 << 10
)

// retries is how often a read that gets a useless answer is sent again.
const retries = 8

// fromLeader asks the stream's leader for one message; nil if there is none. It
// asks again while there is no leader.
func (s *stream) fromLeader(ctx context.Context, req getRequest) (*message, error) {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	pause := backoff{max: 250 * time.Millisecond}
	for try := 0; ; try++ {
		m, err := s.askLeader(ctx, req, s.soon(try))
		var final *ReadError
		if err == nil || errors.As(err, &final) {
			return m, err
		}
		if ended := s.usable(ctx); ended != nil {
			return nil, ended
		}
		if err := pause.pause(ctx, s); err != nil {
			return nil, err
		}
	}
}

// soon is how long to wait for the answer to a question that can be asked again:
// not long at first, for who was asked may be gone, and another one leads by now.
func (s *stream) soon(try int) time.Duration {
	return min(s.cfg.AckWait, time.Second<<min(try, 10))
}

// askLeader is one attempt of fromLeader. Any error but a ReadError may pass.
func (s *stream) askLeader(ctx context.Context, req getRequest, wait time.Duration) (*message, error) {
	a, err := s.send(s.leaderGet, req)
	if err != nil {
		return nil, err
	}
	defer a.close()
	return s.fromAnswer(ctx, a, wait)
}

// fromAnswer waits for the leader's answer to a request for one message.
func (s *stream) fromAnswer(ctx context.Context, a *answers, wait time.Duration) (*message, error) {
	msgs, err := a.take(ctx, wait)
	if err != nil {
		return nil, err
	}
	m, err := leaderMessage(msgs[0])
	if m != nil && !a.asked.fits(m) {
		return nil, misfit(m)
	}
	return m, err
}

// leaderMessage reads a message as the leader answers with it; nil if it has
// none.
func leaderMessage(got *nats.Msg) (_ *message, err error) {
	if status(got) != 0 {
		return nil, errNoResponder
	}
	var answer struct {
		Error *struct {
			Code        int    `json:"code"`
			ErrCode     int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
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
	switch e := answer.Error; {
	case e != nil && e.ErrCode == codeNoMessage:
		return nil, nil
	case e != nil && (e.Code == 503 || e.ErrCode == codeNotLeader || e.ErrCode == codeNotLeaderPeer):
		return nil, errNoResponder
	case e != nil:
		return nil, &ReadError{Status: e.Code, Description: fmt.Sprintf("%s (%d)", e.Description, e.ErrCode)}
	case answer.Message == nil:
		return nil, &ReadError{Description: "answer has no message"}
	}
	m := &message{seq: answer.Message.Seq, subject: answer.Message.Subject, time: answer.Message.Time.UTC(), data: answer.Message.Data}
	if len(answer.Message.Header) > 0 {
		if m.header, err = nats.DecodeHeadersMsg(answer.Message.Header); err != nil {
			return nil, &ReadError{Description: err.Error()}
		}
	}
	return m, nil
}

// lastOf returns the sequence of the leader's last message on filter; 0 if there
// is none.
func (s *stream) lastOf(ctx context.Context, filter string) (uint64, error) {
	m, err := s.fromLeader(ctx, getRequest{LastFor: filter})
	if m == nil {
		return 0, err
	}
	return m.seq, err
}

// send sends a request and returns where its answers will be.
func (s *stream) send(subject string, req getRequest) (*answers, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	a := s.inbox.open()
	a.asked = req
	if err := s.nc.PublishRequest(subject, a.reply(), body); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// batch is the whole answer to a batched read.
type batch struct {
	messages []*message
	pending  int    // messages that match and were not sent
	upTo     uint64 // multi_last: the last sequence of the stream at the time
}

// errNoResults is the answer of a server that has nothing to read.
var errNoResults = errors.New("no results")

// receive collects the answer to a batched read that was sent. It takes nothing
// on trust: an answer without an end, or in which a message is missing, is a
// ReadError.
func (s *stream) receive(ctx context.Context, a *answers) (*batch, error) {
	b := &batch{}
	last := uint64(0)
	for {
		msgs, err := a.take(ctx, s.cfg.AckWait)
		if err != nil {
			return nil, err
		}
		for _, m := range msgs {
			n := len(b.messages)
			done, err := b.add(m, s.cfg.Stream, &last)
			if err == nil && len(b.messages) > n && !a.asked.fits(b.messages[n]) {
				err = misfit(b.messages[n])
			}
			if err == nil && done && a.asked.MultiLast != nil && b.upTo < last {
				err = &ReadError{Description: fmt.Sprintf("answer reaches to %d, but %d came last", b.upTo, last)}
			}
			if done || err != nil {
				return b, err
			}
		}
	}
}

// add takes one message of the answer, or its end.
func (b *batch) add(m *nats.Msg, stream string, last *uint64) (done bool, err error) {
	// A message may have been stored with a status of its own.
	if len(m.Header[headerStream]) > 0 {
		return false, b.addMessage(m, stream, last)
	}
	switch code := status(m); code {
	case 204:
		return true, b.end(m, *last)
	case 404:
		if m.Header.Get(headerDescription) == "No Results" {
			return false, errNoResults
		}
		return false, &ReadError{Status: code, Description: m.Header.Get(headerDescription)}
	case 503:
		return false, errNoResponder
	default:
		return false, &ReadError{Status: code, Description: m.Header.Get(headerDescription)}
	}
}

func (b *batch) addMessage(m *nats.Msg, stream string, last *uint64) error {
	msg, err := directMessage(m, stream)
	if err != nil {
		return err
	}
	before, err := strconv.ParseUint(own(m, headerLastSequence), 10, 64)
	if err != nil || before != *last || msg.seq <= *last {
		return &ReadError{Description: fmt.Sprintf("message %d came after %d, but names %.32q before it", msg.seq, *last, own(m, headerLastSequence))}
	}
	*last = msg.seq
	b.messages = append(b.messages, msg)
	return nil
}

func (b *batch) end(m *nats.Msg, last uint64) error {
	after, err := strconv.ParseUint(own(m, headerLastSequence), 10, 64)
	if err != nil || after != last {
		return &ReadError{Description: fmt.Sprintf("answer ends after %.32q, but %d came last", own(m, headerLastSequence), last)}
	}
	if b.pending, err = strconv.Atoi(own(m, headerPending)); err != nil || b.pending < 0 {
		return &ReadError{Description: "answer does not say what is pending"}
	}
	if up := own(m, headerUpTo); up != "" {
		if b.upTo, err = strconv.ParseUint(up, 10, 64); err != nil {
			return &ReadError{Description: "answer does not say how far it reaches"}
		}
	}
	return nil
}

// own returns the value that the server gave a header: the last, for it adds
// its own to those that a message was stored with.
func own(m *nats.Msg, header string) string {
	if vs := m.Header[header]; len(vs) > 0 {
		return vs[len(vs)-1]
	}
	return ""
}

// directMessage reads a message as a direct get answers with it.
func directMessage(m *nats.Msg, stream string) (*message, error) {
	if got := own(m, headerStream); got != stream {
		return nil, &ReadError{Description: fmt.Sprintf("message is of stream %.64q, not of %s", got, stream)}
	}
	seq, err := strconv.ParseUint(own(m, headerSequence), 10, 64)
	if err != nil {
		return nil, &ReadError{Description: "message has no sequence"}
	}
	at, err := time.Parse(time.RFC3339Nano, own(m, headerTime))
	if err != nil {
		return nil, &ReadError{Description: "message has no time"}
	}
	subject := own(m, headerSubject)
	if subject == "" {
		return nil, &ReadError{Description: "message has no subject"}
	}
	return &message{seq: seq, subject: subject, time: at.UTC(), header: m.Header, data: m.Data}, nil
}

// passes reports whether a read that failed with err is worth sending again.
func passes(err error) bool {
	var answer *ReadError
	switch {
	case errors.As(err, &answer):
		return answer.Status != 413 && answer.Status != 408 && answer.Status != 400
	case errors.Is(err, core.ErrClosed), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	}
	return errors.Is(err, errNoAnswer) || errors.Is(err, errLost) || errors.Is(err, errNoResponder) || errors.Is(err, nats.ErrReconnectBufExceeded)
}
