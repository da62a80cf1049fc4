package kvkeys

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// eraseBefore overwrites the messages of a key that were written before a revision.
func (s *Store) eraseBefore(ctx context.Context, on string, revision uint64) error {
	for from := uint64(1); ; {
		m, err := s.stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(on))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			return nil
		case err != nil:
			return err
		case m.Sequence >= revision:
			return nil
		}
		if err := s.stream.SecureDeleteMsg(ctx, m.Sequence); err != nil && !errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
			return err
		}
		from = m.Sequence + 1
	}
}
