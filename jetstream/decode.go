package jetstream

import (
	"encoding/json"
	"fmt"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

type stored[ID comparable, M any] = core.StoredEvent[ID, uint64, M]

// DecodeEvent decodes stored into event with the codec that was recorded. A
// codec that the store does not know is a [codec.UnknownError].
func (s *Store[ID, M]) DecodeEvent(stored core.StoredEvent[ID, uint64, M], event any) error {
	c, err := s.codecs.ByName(stored.Codec)
	if err != nil {
		return err
	}
	return c.Unmarshal(stored.Data, event)
}

// open makes an event of a message. It returns false for what is no event of
// the user's, and a [MessageError] for what cannot be an event of this store.
func (s *Store[ID, M]) open(m *message) (e stored[ID, M], ok bool, err error) {
	wrong := func(err error) (stored[ID, M], bool, error) {
		return stored[ID, M]{}, false, &MessageError{Sequence: m.seq, Subject: m.subject, Err: err}
	}
	key, kind, reserved, err := s.subjects.parse(m.subject)
	if err != nil {
		return wrong(err)
	}
	if reserved {
		return e, false, nil
	}
	e.Key, e.Kind, e.Position, e.Time, e.Data = key, kind, m.seq, m.time, m.data
	e.Codec = m.header.Get(headerCodec)
	l, err := m.link()
	if err != nil {
		return wrong(err)
	}
	if l == nil {
		if s.stream.cfg.ExternalCodec == nil {
			return wrong(ErrExternal)
		}
		e.Codec = s.stream.cfg.ExternalCodec.Name()
		return e, true, nil
	}
	e.Commit = l.CommitInfo
	if token := m.header.Get(headerCommand); token != "" {
		if e.CommandID, err = codec.DecodeToken(token); err != nil {
			return wrong(fmt.Errorf("header %s: %w", headerCommand, err))
		}
	}
	if text := m.header.Get(headerMetadata); text != "" && s.metadata {
		if err := json.Unmarshal([]byte(text), &e.Metadata); err != nil {
			return wrong(fmt.Errorf("header %s: %w", headerMetadata, err))
		}
	}
	return e, true, nil
}
