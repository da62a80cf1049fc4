package jetstream

import (
	"fmt"
	"maps"
	"math"
	"strconv"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
	"github.com/jetsource/jetsource/jetstream/internal/writer"
)

// maxHeader is the size of the largest header block that the server takes, in
// bytes.
const maxHeader = math.MaxUint16

// headerRoom is what a commit adds to an event's headers when it is sent: the
// commit header, the expectation and the batch, with all their numbers at their
// longest.
var headerRoom = func() int {
	longest := fmt.Sprint(uint64(math.MaxUint64))
	commit := wire.CommitHeader{
		CommitInfo: core.CommitInfo{ID: "01234567890123456789012345", Index: writer.MaxEvents, Count: writer.MaxEvents, Offset: writer.MaxEvents},
		Total:      writer.MaxEvents,
		Previous:   math.MaxUint64,
	}
	return wire.HeaderSize(nats.Header{
		wire.HeaderCommit:          {commit.String()},
		wire.HeaderExpected:        {longest},
		wire.HeaderExpectedSubject: {""}, // its length is that of the subject, or less
		wire.HeaderBatch:           {"01234567890123456789012345678901234567890123456789"},
		wire.HeaderBatchSequence:   {longest},
		wire.HeaderBatchCommit:     {"1"},
	})
}()

// encode makes the messages of a commit, before anything is sent.
func (s *Store[ID, M]) encode(c core.Commit[ID, uint64, M], origin core.Origin) (p *writer.AggregateCommit, err error) {
	switch {
	case c.Entry != nil:
		p, err = s.encodeEntry(c.Entry)
	case c.IsGuard():
		p, err = s.encodeGuard(c.Key)
	default:
		p, err = s.encodeEvents(c, origin)
	}
	if err != nil {
		return nil, err
	}
	p.Expected, _ = c.Expected.Position()
	p.Unchecked = c.Unchecked
	return p, nil
}

func (s *Store[ID, M]) encodeEvents(c core.Commit[ID, uint64, M], origin core.Origin) (*writer.AggregateCommit, error) {
	aggregate, err := s.subjects.Aggregate(c.Key)
	if err != nil {
		return nil, err
	}
	common, err := s.commonHeaders(c, origin)
	if err != nil {
		return nil, err
	}
	p := &writer.AggregateCommit{Filter: s.subjects.All(aggregate), Msgs: make([]*nats.Msg, len(c.Events))}
	for i, e := range c.Events {
		header := common
		if i < len(c.Events)-1 { // the last can have the map itself
			header = maps.Clone(common)
		}
		m, size, err := s.encodeEvent(e, aggregate, header)
		if err != nil {
			return nil, &core.EncodeError{Index: i, Kind: e.EventKind(), Err: err}
		}
		p.Msgs[i], p.Bytes = m, p.Bytes+size
	}
	return p, nil
}

// commonHeaders returns the headers that all events of a commit have. Each value is
// one line, whatever is in it: the client would change any other.
func (s *Store[ID, M]) commonHeaders(c core.Commit[ID, uint64, M], origin core.Origin) (nats.Header, error) {
	common := make(nats.Header, 8) // with room for what is added when it is sent
	common[wire.HeaderCodec] = []string{s.stream.cfg.Codec.Name()}
	if s.metadata != nil {
		m, err := codec.JSON.Marshal(c.Metadata)
		if err != nil {
			return nil, &core.MetadataError{Err: err}
		}
		common[wire.HeaderMetadata] = []string{string(m)}
		if version := s.metadata.Version(); version > 0 {
			common[wire.HeaderMetadataVersion] = []string{strconv.Itoa(version)}
		}
	}
	if c.CommandID != "" {
		token, err := wire.Token("command id", c.CommandID)
		if err != nil {
			return nil, err
		}
		if c.Fingerprint != "" {
			print, err := wire.Token("fingerprint", c.Fingerprint)
			if err != nil {
				return nil, err
			}
			token += " " + print
		}
		common[wire.HeaderCommand] = []string{token}
	}
	return common, wire.AddOrigin(common, origin)
}

// encodeEvent makes the message of an event, and returns its size.
func (s *Store[ID, M]) encodeEvent(e core.Event, aggregate string, header nats.Header) (*nats.Msg, int, error) {
	subject, err := s.subjects.Event(e.EventKind(), aggregate)
	if err != nil {
		return nil, 0, err
	}
	data, err := codec.Encode(s.stream.cfg.Codec, e.EventKind(), e)
	if err != nil {
		return nil, 0, err
	}
	m := &nats.Msg{Subject: subject, Header: header, Data: data}
	size, err := s.checkSize(m)
	return m, size, err
}

// checkSize returns the size of a message with all that is added when it is sent,
// or a [TooLargeError] if that is over a limit of the server.
func (s *Store[ID, M]) checkSize(m *nats.Msg) (int, error) {
	size := wire.HeaderSize(m.Header) + headerRoom + len(m.Subject)
	if size > maxHeader {
		return 0, &TooLargeError{What: "header block", Size: size, Limit: maxHeader}
	}
	limit := s.stream.conn.MaxPayload()
	if own := int(s.stream.maxMessage.Load()); own > 0 {
		limit = min(limit, own)
	}
	if size += len(m.Data); size > limit {
		return 0, &TooLargeError{What: "message", Size: size, Limit: limit}
	}
	return size, nil
}
