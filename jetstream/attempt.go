package jetstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
)

// verdict is what one attempt to send a commit came to.
type verdict int

const (
	written      verdict = iota
	maybeWritten         // no answer: it was written, or not, or will be
	notWritten           // and it may be sent again
	denied               // not written by who answered, which may not be the leader
	conflicting          // not written: an aggregate is at another version
	refused              // not written, and never will be
	yourTurn             // not sent: to be sent alone
)

// outcome is what is known after one attempt.
type outcome struct {
	verdict verdict
	seq     uint64 // written: of the last event
	actual  uint64 // conflicting: the version of the aggregate, if the server told
	told    bool
	err     error // refused; maybeWritten: why it is of no use to send it again

	inFlight bool    // notWritten, denied: another commit to an aggregate was under way
	flight   *flight // yourTurn
}

// expect puts the part's expectation on one of its messages.
func expect(m *nats.Msg, p *part) {
	m.Header[headerExpected] = []string{strconv.FormatUint(p.expected, 10)}
	m.Header[headerExpectedSubject] = []string{p.filter}
}

// attempt sends the commit once.
func (s *stream) attempt(ctx context.Context, c *commit) outcome {
	out := s.try(ctx, c)
	for _, p := range c.parts {
		if out.verdict == written && out.seq-uint64(c.size) < p.expected {
			return outcome{verdict: maybeWritten} // it cannot be there: find out
		}
	}
	return out
}

// try sends one event as a publish, several as an atomic batch.
func (s *stream) try(ctx context.Context, c *commit) outcome {
	if c.size == 1 {
		return s.publish(ctx, c.parts[0].msgs[0])
	}
	select {
	case s.batches <- struct{}{}:
		defer func() { <-s.batches }()
	case <-ctx.Done():
		return outcome{verdict: notWritten}
	case <-s.inbox.life.Done():
		return outcome{verdict: notWritten}
	}
	return s.publishBatch(ctx, c)
}

func (s *stream) publish(ctx context.Context, m *nats.Msg) outcome {
	a := s.inbox.open()
	defer a.close()
	d := s.denial(m)
	m.Reply = a.reply()
	// It may have been part of a batch before.
	delete(m.Header, headerBatch)
	delete(m.Header, headerBatchSequence)
	delete(m.Header, headerBatchCommit)
	if err := s.nc.PublishMsg(m); err != nil {
		return sendFailed(err)
	}
	return s.await(ctx, a, d, "", 1)
}

// publishBatch sends the commit as one atomic batch. Nothing of a batch is
// stored before its last message has come.
func (s *stream) publishBatch(ctx context.Context, c *commit) outcome {
	a, cause := s.inbox.open(), s.inbox.open()
	defer a.close()
	defer cause.close()
	id := a.token + "." + c.id // another one for each attempt
	n := 0
	d := s.denial()
	for _, p := range c.parts {
		d.msgs = append(d.msgs, p.msgs...)
		for _, m := range p.msgs {
			n++
			m.Reply = ""
			delete(m.Header, headerBatchCommit) // of another batch, which it ended
			m.Header[headerBatch] = []string{id}
			m.Header[headerBatchSequence] = []string{strconv.Itoa(n)}
			if n == 1 {
				// Why the server did not begin the batch would otherwise be lost.
				m.Reply = cause.reply()
			}
			if n == c.size {
				m.Reply = a.reply()
				m.Header[headerBatchCommit] = []string{"1"}
			}
			if err := s.nc.PublishMsg(m); err != nil {
				if n < c.size {
					return outcome{verdict: notWritten}
				}
				return sendFailed(err)
			}
		}
	}
	out := s.await(ctx, a, d, id, c.size)
	missing := out.verdict == notWritten || out.verdict == denied
	if err := d.err(); missing && err != nil {
		return outcome{verdict: refused, err: err} // a part of the batch is missing because of it
	}
	if first := cause.poll(); missing && first != nil {
		if why := s.read(first, "", 0); why.verdict == refused {
			return why
		}
	}
	return out
}

// sendFailed is the outcome of a publish that the client did not take.
func sendFailed(err error) outcome {
	for _, clean := range []error{nats.ErrReconnectBufExceeded, nats.ErrConnectionClosed, nats.ErrConnectionDraining, nats.ErrInvalidConnection} {
		if errors.Is(err, clean) {
			return outcome{verdict: notWritten}
		}
	}
	for _, never := range []error{nats.ErrMaxPayload, nats.ErrBadSubject, nats.ErrHeadersNotSupported, nats.ErrBadHeaderMsg} {
		if errors.Is(err, never) {
			return outcome{verdict: refused, err: err}
		}
	}
	return outcome{verdict: maybeWritten}
}

// await waits for the server's answer to a commit of n events.
func (s *stream) await(ctx context.Context, a *answers, d *denial, batch string, n int) outcome {
	wait := min(s.cfg.AckWait, askDenied)
	msgs, err := a.take(ctx, wait)
	if errors.Is(err, errNoAnswer) {
		if err := d.err(); err != nil {
			return outcome{verdict: maybeWritten, err: err}
		}
		msgs, err = a.take(ctx, s.cfg.AckWait-wait)
	}
	if err != nil {
		return outcome{verdict: maybeWritten}
	}
	return s.read(msgs[0], batch, n)
}

// read tells what the server's answer to a commit of n events means.
func (s *stream) read(m *nats.Msg, batch string, n int) outcome {
	if status(m) == 503 {
		return outcome{verdict: notWritten} // nobody was there to take it
	}
	if len(m.Data) == 0 {
		return outcome{verdict: maybeWritten}
	}
	if seq, ok := s.plainAck(m.Data); ok && n == 1 && batch == "" {
		return outcome{verdict: written, seq: seq}
	}
	var ack struct {
		Stream    string `json:"stream"`
		Sequence  uint64 `json:"seq"`
		Duplicate bool   `json:"duplicate"`
		Batch     string `json:"batch"`
		Count     int    `json:"count"`
		Error     *struct {
			Code        int    `json:"code"`
			ErrCode     int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &ack); err != nil {
		return outcome{verdict: maybeWritten}
	}
	if ack.Error == nil {
		counted := n == 1 && ack.Batch == "" || ack.Batch == batch && ack.Count == n
		if ack.Stream != s.cfg.Stream || ack.Sequence < uint64(n) || ack.Duplicate || !counted {
			return outcome{verdict: maybeWritten} // not what was sent: find out
		}
		return outcome{verdict: written, seq: ack.Sequence}
	}
	switch ack.Error.ErrCode {
	case codeWrongLast:
		actual, told := lastNumber(ack.Error.Description)
		return outcome{verdict: conflicting, actual: actual, told: told}
	case codeInFlight, codeQueueFull, codeBatchesFull, codeBatchIncomplete:
		out := outcome{verdict: notWritten, inFlight: ack.Error.ErrCode == codeInFlight}
		if s.replicated.Load() {
			out.verdict = denied
		}
		return out
	case codeNotLeader, codeNotLeaderPeer, codeResetting, codeOffline, codeOfflineReason, codeBatchDuplicate:
		return outcome{verdict: maybeWritten}
	}
	return outcome{verdict: refused, err: &RejectedError{Code: ack.Error.ErrCode, Description: ack.Error.Description}}
}

// plainAck reads the answer to a publish as it mostly is, to the letter. Reading
// it as JSON takes a tenth of what a client has to do for a commit.
func (s *stream) plainAck(data []byte) (seq uint64, ok bool) {
	rest, ok := bytes.CutPrefix(data, s.ackBegins)
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

// lastNumber returns the number that a description ends with. The server tells
// the version of an aggregate nowhere else.
func lastNumber(description string) (uint64, bool) {
	n, err := strconv.ParseUint(description[strings.LastIndexByte(description, ' ')+1:], 10, 64)
	return n, err == nil
}
