package wire

import (
	"strconv"

	"github.com/nats-io/nats.go"
)

// Page is the whole answer to one batched read.
type Page struct {
	Messages []*Message
	Pending  int    // messages that match and were not sent
	UpTo     uint64 // multi_last: the last sequence of the stream at the time

	stream  string
	request GetRequest
	last    uint64 // sequence of the last message
}

// smallPage is how many messages a page has room for at first.
const smallPage = 16

// NewPage returns an empty page, for the answer to a request to a stream.
func NewPage(stream string, request GetRequest) *Page {
	return &Page{stream: stream, request: request}
}

// Add takes one message of the answer, or the marker that ends it: then done is
// true. An answer without a marker, in which a message is missing, or with a
// message that was not asked for, is a [ReadError].
func (p *Page) Add(m *nats.Msg) (done bool, err error) {
	// A message may have been stored with a status header.
	if len(m.Header[HeaderStream]) > 0 {
		err := p.addMessage(m)
		return err == nil && p.request.isSingle(), err
	}
	switch code := Status(m); code {
	case 204:
		return true, p.end(m)
	case 404:
		if m.Header.Get(HeaderDescription) == "No Results" {
			return false, ErrNoResults
		}
		return false, &ReadError{Status: code, Description: m.Header.Get(HeaderDescription)}
	case 503:
		return false, ErrNoResponder
	default:
		return false, &ReadError{Status: code, Description: m.Header.Get(HeaderDescription)}
	}
}

func (p *Page) addMessage(m *nats.Msg) error {
	msg, err := directMessage(m, p.stream)
	if err != nil {
		return err
	}
	if !p.request.isSingle() {
		named := serverHeader(m, HeaderLastSequence)
		before, err := strconv.ParseUint(named, 10, 64)
		if err != nil || before != p.last || msg.Seq <= p.last {
			return badAnswer("message %d came after %d, but names %.32q before it", msg.Seq, p.last, named)
		}
	}
	p.last = msg.Seq
	if p.Messages == nil {
		p.Messages = make([]*Message, 0, min(max(p.request.Batch, 1), smallPage))
	}
	p.Messages = append(p.Messages, msg)
	return p.request.Check(msg)
}

func (p *Page) end(m *nats.Msg) error {
	named := serverHeader(m, HeaderLastSequence)
	after, err := strconv.ParseUint(named, 10, 64)
	if err != nil || after != p.last {
		return badAnswer("answer ends after %.32q, but %d came last", named, p.last)
	}
	if p.Pending, err = strconv.Atoi(serverHeader(m, HeaderPending)); err != nil || p.Pending < 0 {
		return badAnswer("answer does not say how many messages are pending")
	}
	if up := serverHeader(m, HeaderUpTo); up != "" {
		if p.UpTo, err = strconv.ParseUint(up, 10, 64); err != nil {
			return badAnswer("answer does not say up to which sequence it was made")
		}
	}
	if p.request.MultiLast != nil && p.UpTo < p.last {
		return badAnswer("answer was made up to %d, but %d came last", p.UpTo, p.last)
	}
	return nil
}
