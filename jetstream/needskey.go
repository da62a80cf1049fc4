package jetstream

import (
	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

var _ core.KeyedStore = (*Store[string, core.NoMetadata])(nil)

// NeedsKey reports whether the codec would store a key to encode an event.
func (s *Store[ID, M]) NeedsKey(event core.Event) bool {
	maker, ok := s.stream.cfg.Codec.(codec.KeyMaker)
	return ok && maker.NeedsKey(event)
}
