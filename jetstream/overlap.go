package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// overlapWait bounds a question about other streams. A server that denies it does not
// answer.
const overlapWait = time.Second

// errNotAsked says that it is not known whether another stream has the subjects.
var errNotAsked = errors.New("other streams are not known")

// identity tells the stream of a store from others. Without the id of its events, its
// name and domain decide.
type identity struct{ stream, domain, storeID string }

func (own identity) is(info *jetstream.StreamInfo) bool {
	return info.Config.Name == own.stream && info.Domain == own.domain && (own.storeID == "" || storeID(info) == own.storeID)
}

// findOverlap asks a domain, empty for the connected server's own, for another stream
// with subjects of the store. It returns an [OverlapError] if there is one, and
// errNotAsked without an answer.
func findOverlap(ctx context.Context, nc *nats.Conn, cfg Config, own identity, domain string) error {
	ctx, cancel := context.WithTimeout(ctx, overlapWait)
	defer cancel()
	js, err := newJetStream(nc, domain)
	if err != nil {
		return err
	}
	var names []string
	list := js.StreamNames(ctx, jetstream.WithStreamListSubject(cfg.Prefix+".*.*.*"))
	for name := range list.Name() {
		names = append(names, name)
	}
	if err := list.Err(); err != nil {
		return fmt.Errorf("%w: %w", errNotAsked, err)
	}
	for _, name := range names {
		found, err := js.Stream(ctx, name)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound):
		case err != nil && name == cfg.Stream:
			return fmt.Errorf("%w: %w", errNotAsked, err)
		case err != nil:
			return &OverlapError{Store: cfg.Stream, Prefix: cfg.Prefix, Domain: domain, Stream: name}
		case !own.is(found.CachedInfo()):
			return &OverlapError{Store: cfg.Stream, Prefix: cfg.Prefix, Domain: found.CachedInfo().Domain, Stream: name}
		}
	}
	return nil
}

// checkOverlap returns an [OverlapError] if the connected server, in another domain
// than the store, has a stream with subjects of the store. What cannot be asked is not
// refused.
func checkOverlap(ctx context.Context, js jetstream.JetStream, cfg Config) error {
	if cfg.Domain == "" {
		return nil // the server compares the streams of its domain itself
	}
	err := findOverlap(ctx, js.Conn(), cfg, findIdentity(ctx, js, cfg), "")
	if errors.Is(err, errNotAsked) {
		return nil
	}
	return err
}

// findIdentity returns what is known of the stream of a store that is being opened. It
// may not exist yet.
func findIdentity(ctx context.Context, js jetstream.JetStream, cfg Config) identity {
	ctx, cancel := context.WithTimeout(ctx, overlapWait)
	defer cancel()
	found, err := js.Stream(ctx, cfg.Stream)
	if err != nil {
		return identity{stream: cfg.Stream, domain: cfg.Domain}
	}
	return identity{cfg.Stream, found.CachedInfo().Domain, storeID(found.CachedInfo())}
}

// overlapInDomain names the stream for which the server refused to create the store's.
func overlapInDomain(ctx context.Context, nc *nats.Conn, cfg Config) error {
	err := findOverlap(ctx, nc, cfg, identity{stream: cfg.Stream, domain: cfg.Domain}, cfg.Domain)
	if _, found := errors.AsType[*OverlapError](err); found {
		return err
	}
	return &OverlapError{Store: cfg.Stream, Prefix: cfg.Prefix, Domain: cfg.Domain}
}

// drift is why commits are refused since the store was opened: a [StreamConfigError]
// or an [OverlapError].
type drift struct{ error }

// asDrift returns err as a drift; nil if it is none.
func asDrift(err error) *drift {
	if wrong, ok := errors.AsType[*StreamConfigError](err); ok {
		return &drift{wrong}
	}
	if other, ok := errors.AsType[*OverlapError](err); ok {
		return &drift{other}
	}
	return nil
}

// otherAck refuses commits, since another stream takes them too.
func (s *stream) otherAck(other *wire.OtherAckError) {
	err := &OverlapError{Store: s.cfg.Stream, Prefix: s.cfg.Prefix, Domain: other.Domain, Stream: other.Stream}
	if s.drift.CompareAndSwap(nil, &drift{err}) {
		s.cfg.Logger.Error("commits are refused until the stream is as it was", "stream", s.cfg.Stream, "error", err)
	}
}

// readOverlap asks whether the other stream is still there for which commits are
// refused, if they are.
func (s *stream) readOverlap(ctx context.Context) error {
	nc, own := s.conn.JS.Conn(), identity{s.cfg.Stream, s.conn.Domain(), s.storeID}
	refused := s.drift.Load()
	if refused == nil {
		return nil
	}
	other, ok := errors.AsType[*OverlapError](refused.error)
	switch {
	case !ok, other.Domain == own.domain && other.Stream == own.stream:
		return nil // it was the store's own domain, which has got its name since
	case other.Domain == own.domain || other.Domain == "" && !isNameless(ctx, nc):
		return other // it cannot be asked
	}
	return confirmOverlap(findOverlap(ctx, nc, s.cfg, own, other.Domain), other)
}

// confirmOverlap returns the overlap with another stream as the answer of its domain
// has it; nil if that has no such stream, or is not connected.
func confirmOverlap(answer error, known *OverlapError) error {
	_, found := errors.AsType[*OverlapError](answer)
	switch {
	case answer == nil, found:
		return answer
	case errors.Is(answer, nats.ErrNoResponders), errors.Is(answer, jetstream.ErrJetStreamNotEnabled):
		return nil
	}
	return known
}

// isNameless reports whether the connected server is in the domain without a name.
func isNameless(ctx context.Context, nc *nats.Conn) bool {
	js, err := newJetStream(nc, "")
	if err != nil {
		return false
	}
	account, err := js.AccountInfo(ctx)
	return err == nil && account.Domain == ""
}
