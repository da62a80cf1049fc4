package jetstream

import (
	"fmt"
	"maps"
	"math"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

const (
	maxCommit = 1000           // events in one batch
	maxHeader = math.MaxUint16 // bytes
)

// room is what a commit adds to an event's headers when it is sent: the link,
// the expectation and the batch, with all their numbers at their longest.
var room = func() int {
	longest := fmt.Sprint(uint64(math.MaxUint64))
	commit := link{CommitInfo: core.CommitInfo{ID: "01234567890123456789012345", Index: maxCommit, Count: maxCommit, Offset: maxCommit}, previous: math.MaxUint64}
	return headerSize(nats.Header{
		headerCommit:          {commit.String()},
		headerExpected:        {longest},
		headerExpectedSubject: {""}, // its length is that of the subject, or less
		headerBatch:           {"01234567890123456789012345678901234567890123456789"},
		headerBatchSequence:   {longest},
		headerBatchCommit:     {"1"},
	})
}()

// encode makes the messages of a commit, before anything is sent.
func (s *Store[ID, M]) encode(c core.Commit[ID, uint64, M]) (p *part, err error) {
	if c.Entry != nil {
		p, err = s.encodeEntry(c.Entry)
	} else {
		p, err = s.encodeEvents(c)
	}
	if err != nil {
		return nil, err
	}
	p.expected, _ = c.Expected.Position()
	p.unchecked = c.Unchecked
	return p, nil
}

func (s *Store[ID, M]) encodeEvents(c core.Commit[ID, uint64, M]) (*part, error) {
	aggregate, err := s.subjects.aggregate(c.Key)
	if err != nil {
		return nil, err
	}
	common, err := s.common(c)
	if err != nil {
		return nil, err
	}
	p := &part{filter: s.subjects.all(aggregate), msgs: make([]*nats.Msg, len(c.Events))}
	for i, e := range c.Events {
		header := common
		if i < len(c.Events)-1 { // the last can have the map itself
			header = maps.Clone(common)
		}
		m, size, err := s.message(e, aggregate, header)
		if err != nil {
			return nil, &core.EncodeError{Index: i, Kind: e.EventKind(), Err: err}
		}
		p.msgs[i], p.bytes = m, p.bytes+size
	}
	return p, nil
}

// common returns the headers that all events of a commit have. Their values are
// one line each, whatever is in them: the client would change any other.
func (s *Store[ID, M]) common(c core.Commit[ID, uint64, M]) (nats.Header, error) {
	common := make(nats.Header, 8) // what is added when it is sent included
	common[headerCodec] = []string{s.stream.cfg.Codec.Name()}
	if s.metadata {
		m, err := codec.JSON.Marshal(c.Metadata)
		if err != nil {
			return nil, &core.MetadataError{Err: err}
		}
		common[headerMetadata] = []string{string(m)}
	}
	if c.CommandID != "" {
		token, err := codec.EncodeToken(c.CommandID)
		if err != nil {
			return nil, badName("command id", c.CommandID, err)
		}
		common[headerCommand] = []string{token}
	}
	return common, nil
}

// message makes the message of an event, and tells its size.
func (s *Store[ID, M]) message(e core.Event, aggregate string, header nats.Header) (*nats.Msg, int, error) {
	subject, err := s.subjects.event(e.EventKind(), aggregate)
	if err != nil {
		return nil, 0, err
	}
	data, err := s.stream.cfg.Codec.Marshal(e)
	if err != nil {
		return nil, 0, err
	}
	m := &nats.Msg{Subject: subject, Header: header, Data: data}
	size, err := s.fits(m)
	return m, size, err
}

// fits returns the size of a message with all that is added when it is sent, or
// a [TooLargeError] if that is over a limit of the server.
func (s *Store[ID, M]) fits(m *nats.Msg) (int, error) {
	size := headerSize(m.Header) + room + len(m.Subject)
	if size > maxHeader {
		return 0, &TooLargeError{What: "header block", Size: size, Limit: maxHeader}
	}
	limit := int(s.stream.nc.MaxPayload())
	if own := int(s.stream.maxMessage.Load()); own > 0 {
		limit = min(limit, own)
	}
	if size += len(m.Data); size > limit {
		return 0, &TooLargeError{What: "message", Size: size, Limit: limit}
	}
	return size, nil
}
