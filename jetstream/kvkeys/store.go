package kvkeys

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/core"
)

// Store is a [sealed.KeyStore] in a bucket. It is safe for concurrent use, several programs
// may open the same bucket, and there is nothing to close.
type Store struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	prefix string // of subjects: "$KV.<bucket>."
}

var _ sealed.KeyStore = (*Store)(nil)

// A message is a value after valueMark, or destroyedMark alone.
const (
	valueMark     = 'k'
	destroyedMark = 'x'
)

// Load returns the value of a subject.
func (s *Store) Load(ctx context.Context, subject string) ([]byte, uint64, error) {
	on, err := s.subject(subject)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", sealed.ErrNoKey, err)
	}
	data, revision, err := s.last(ctx, on)
	switch {
	case err != nil:
		return nil, 0, err
	case revision == 0:
		return nil, 0, sealed.ErrNoKey
	case isDestroyed(data):
		return nil, 0, sealed.ErrForgotten
	case len(data) == 0 || data[0] != valueMark:
		return nil, 0, fmt.Errorf("%w: message %d of the bucket is no key", sealed.ErrDamaged, revision)
	}
	return data[1:], revision, nil
}

// Store writes the value of a subject, and overwrites the former ones.
func (s *Store) Store(ctx context.Context, subject string, value []byte, revision uint64) error {
	on, err := s.subject(subject)
	if err != nil {
		return err
	}
	if revision > 0 {
		if data, now, err := s.last(ctx, on); err != nil {
			return err
		} else if now != revision || isDestroyed(data) {
			return sealed.ErrChanged
		}
	}
	written, err := s.publish(ctx, on, append([]byte{valueMark}, value...), revision)
	if err != nil || revision == 0 {
		return err
	}
	return s.eraseBefore(ctx, on, written)
}

// Destroy marks a subject, and overwrites all values that it had.
func (s *Store) Destroy(ctx context.Context, subject string) error {
	on, err := s.subject(subject)
	if err != nil {
		return err
	}
	for attempt := 0; ; attempt++ {
		data, revision, err := s.last(ctx, on)
		if err == nil && !isDestroyed(data) {
			revision, err = s.publish(ctx, on, []byte{destroyedMark}, revision)
		}
		switch {
		case err == nil:
			return s.eraseBefore(ctx, on, revision)
		case !errors.Is(err, sealed.ErrChanged):
			return err
		}
		if err := backoff.Wait(ctx, attempt); err != nil {
			return err
		}
	}
}

// backoff is for several writers of one key.
var backoff = core.Backoff{}

func isDestroyed(data []byte) bool { return len(data) == 1 && data[0] == destroyedMark }

// Subjects yields the subjects that have a value. It asks for each.
func (s *Store) Subjects(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		info, err := s.stream.Info(ctx, jetstream.WithSubjectFilter(s.prefix+">"))
		if err != nil {
			yield("", err)
			return
		}
		for on := range info.State.Subjects {
			subject, err := codec.DecodeToken(strings.TrimPrefix(on, s.prefix))
			var data []byte
			if err == nil {
				data, _, err = s.last(ctx, on)
			}
			if err == nil && isDestroyed(data) {
				continue
			}
			if !yield(subject, err) || err != nil {
				return
			}
		}
	}
}

func (s *Store) subject(subject string) (string, error) {
	token, err := codec.EncodeToken(subject)
	if err != nil {
		return "", &core.NameError{What: "subject", Name: subject, Err: err}
	}
	return s.prefix + token, nil
}

// last returns the last message of a key, as the stream's leader has it, and its revision;
// 0 if there is none.
func (s *Store) last(ctx context.Context, on string) (data []byte, revision uint64, err error) {
	m, err := s.stream.GetLastMsgForSubject(ctx, on)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return nil, 0, nil
	case err != nil:
		return nil, 0, err
	}
	return m.Data, m.Sequence, nil
}

// publish writes a message if the last one of the key is at a revision, and returns its own.
func (s *Store) publish(ctx context.Context, on string, data []byte, revision uint64) (uint64, error) {
	ack, err := s.js.PublishMsg(ctx, &nats.Msg{Subject: on, Data: data}, jetstream.WithExpectLastSequencePerSubject(revision))
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == codeWrongLast || api.ErrorCode == codeInFlight) {
		return 0, sealed.ErrChanged
	}
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// The error codes of JetStream that mean that another writer writes the key.
const (
	codeWrongLast = 10071
	codeInFlight  = 10164 // the other write is not replicated yet
)
