package jetstream

import (
	"encoding/json"
	"fmt"
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
func (s *Store[ID, M]) encode(c core.Commit[ID, uint64, M]) (*part, error) {
	aggregate, err := s.subjects.aggregate(c.Key)
	if err != nil {
		return nil, err
	}
	common := nats.Header{headerCodec: {s.stream.cfg.Codec.Name()}}
	if s.metadata {
		m, err := json.Marshal(c.Metadata)
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
	p := &part{filter: s.subjects.all(aggregate), msgs: make([]*nats.Msg, len(c.Events))}
	p.expected, _ = c.Expected.Position()
	for i, e := range c.Events {
		m, err := s.message(e, aggregate, common)
		if err != nil {
			return nil, &core.EncodeError{Index: i, Kind: e.EventKind(), Err: err}
		}
		p.msgs[i] = m
	}
	return p, nil
}

func (s *Store[ID, M]) message(e core.Event, aggregate string, common nats.Header) (*nats.Msg, error) {
	subject, err := s.subjects.event(e.EventKind(), aggregate)
	if err != nil {
		return nil, err
	}
	data, err := s.stream.cfg.Codec.Marshal(e)
	if err != nil {
		return nil, err
	}
	header := make(nats.Header, len(common)+6)
	for k, v := range common {
		header[k] = v
	}
	m := &nats.Msg{Subject: subject, Header: header, Data: data}
	if err := s.fits(m); err != nil {
		return nil, err
	}
	return m, nil
}

// fits returns a [TooLargeError] for a message over a limit of the server, with
// all that is added when it is sent.
func (s *Store[ID, M]) fits(m *nats.Msg) error {
	size := headerSize(m.Header) + room + len(m.Subject)
	if size > maxHeader {
		return &TooLargeError{What: "header block", Size: size, Limit: maxHeader}
	}
	limit := int(s.stream.nc.MaxPayload())
	if own := s.stream.maxMessage; own > 0 {
		limit = min(limit, own)
	}
	if size+len(m.Data) > limit {
		return &TooLargeError{What: "message", Size: size + len(m.Data), Limit: limit}
	}
	return nil
}
