package jetstream

import (
	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

type stored[ID comparable, M any] = core.StoredEvent[ID, uint64, M]

// EncodeEvent encodes an event with the store's codec.
func (s *Store[ID, M]) EncodeEvent(event core.Event) (e stored[ID, M], err error) {
	c := s.stream.cfg.Codec
	e.Kind, e.Codec = event.EventKind(), c.Name()
	e.Data, err = codec.Encode(c, e.Kind, event)
	return e, err
}

// DecodeEvent decodes stored into event with the codec that was recorded. A
// codec that the store does not know is a [codec.UnknownError].
func (s *Store[ID, M]) DecodeEvent(stored core.StoredEvent[ID, uint64, M], event any) error {
	c, err := s.codecs.ByName(stored.Codec)
	if err != nil {
		return err
	}
	return codec.Decode(c, stored.Kind, stored.Data, event)
}

// decode makes an event of a message. It returns false for a system entry, and a
// [MessageError] for a message that cannot be an event of this store.
func (s *Store[ID, M]) decode(m *wire.Message) (e stored[ID, M], ok bool, err error) {
	key, kind, system, err := s.subjects.Parse(m.Subject)
	if system && err == nil {
		return e, false, nil
	}
	if err == nil {
		e.Key, e.Kind, e.Position, e.Time, e.Data = key, kind, m.Seq, m.Time, m.Data
		err = s.decodeHeaders(m, &e)
	}
	if err != nil {
		return stored[ID, M]{}, false, &MessageError{Sequence: m.Seq, Subject: m.Subject, Err: err}
	}
	return e, true, nil
}

// decodeHeaders takes the codec, the commit, the command id and the metadata of an
// event from its headers.
func (s *Store[ID, M]) decodeHeaders(m *wire.Message, e *stored[ID, M]) error {
	e.Codec = m.Header.Get(wire.HeaderCodec)
	h, err := m.Commit()
	if err != nil {
		return err
	}
	if h == nil {
		if s.stream.cfg.ExternalCodec == nil {
			return ErrExternal
		}
		e.Codec = s.stream.cfg.ExternalCodec.Name()
		if at, err := m.Recorded(); err == nil { // other programs may mean something else by it
			e.Time = at
		}
		return nil
	}
	e.Commit = h.CommitInfo
	s.decodeMetadata(m.Header, e)
	envelope, err := m.Envelope()
	e.Time, e.CommandID, e.Fingerprint, e.Origin = envelope.Time, envelope.CommandID, envelope.Fingerprint, envelope.Origin
	return err
}

// decodeMetadata sets the metadata of an event, or why it could not be decoded.
func (s *Store[ID, M]) decodeMetadata(h nats.Header, e *stored[ID, M]) {
	text := h.Get(wire.HeaderMetadata)
	if text == "" || s.metadata == nil {
		return
	}
	version, err := wire.MetadataVersion(h)
	if err != nil {
		version = -1 // which no program knows
	}
	e.Metadata, e.MetadataErr = s.metadata.Read(version, []byte(text), codec.JSON.Unmarshal)
}
