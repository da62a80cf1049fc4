package jetstream

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// How often a store looks whether its stream is still as it must be: while it is
// in use, and while the stream is not, so that commits go on soon after it has
// been mended.
const (
	lookUsed  = 5 * time.Second
	lookDrift = time.Second
)

// watch follows the settings of the stream until the store is closed. What it
// finds costs those who use the store an atomic load. It looks as soon as the
// connection comes back, for much can have been done meanwhile.
func (s *stream) watch(connected <-chan nats.Status) {
	seen := s.inbox.used()
	for {
		every := lookUsed
		if s.drift.Load() != nil {
			every = lookDrift
		}
		// Stores that began together need not ask together.
		timer := time.NewTimer(every*4/5 + rand.N(every*2/5))
		select {
		case <-s.inbox.life.Done():
			timer.Stop()
			return
		case <-connected:
			timer.Stop()
		case <-timer.C:
			used := s.inbox.used()
			if used == seen && s.drift.Load() == nil {
				continue
			}
			seen = used
		}
		s.look()
	}
}

// look asks for the stream's settings, and takes note of what has changed. A
// question that is not answered leaves things as they are.
func (s *stream) look() {
	err := s.settings()
	pause := backoff{max: 500 * time.Millisecond, last: 100 * time.Millisecond}
	// A server that was cut off may speak of the past: what stops all commits has
	// to be found again.
	for try := 0; try < 2 && s.drifts(err); try++ {
		if pause.pause(s.inbox.life, s) != nil {
			return
		}
		err = s.settings()
	}
	changed, wrong := errors.AsType[*StreamConfigError](err)
	before := s.drift.Load()
	switch {
	case err != nil && !wrong:
		s.cfg.Logger.Debug("stream's settings not known", "stream", s.cfg.Stream, "error", err)
	case wrong && (before == nil || before.Error() != changed.Error()):
		s.drift.Store(changed)
		s.cfg.Logger.Error("commits are refused until the stream is as it was", "stream", s.cfg.Stream, "error", changed)
	case !wrong && before != nil:
		s.drift.Store(nil)
		s.cfg.Logger.Info("the stream is as it was, commits go on", "stream", s.cfg.Stream)
	}
}

// drifts reports whether err says of the stream what was not known yet.
func (s *stream) drifts(err error) bool {
	_, wrong := errors.AsType[*StreamConfigError](err)
	return wrong && s.drift.Load() == nil
}

// settings asks for the stream's settings and follows those that may change. It
// returns a [StreamConfigError] if the stream is not as it must be.
func (s *stream) settings() error {
	ctx, cancel := context.WithTimeout(s.inbox.life, openWait)
	defer cancel()
	found, err := s.js.Stream(ctx, s.cfg.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return s.changed(FieldError{"stream", "gone", "there"})
	}
	if err != nil {
		return err
	}
	info := found.CachedInfo()
	if id := storeID(info); id != s.storeID {
		return s.changed(FieldError{"metadata " + metaStoreID, id, s.storeID})
	}
	before := s.replicated.Load()
	s.adopt(info) // also where commits are refused: reads go on
	if s.replicated.Load() != before {
		s.cfg.Logger.Info("the number of replicas has changed", "stream", s.cfg.Stream, "replicas", info.Config.Replicas)
	}
	if err, wrong := errors.AsType[*StreamConfigError](checkStream(info, s.cfg)); wrong {
		return s.changed(err.Fields...)
	}
	return nil
}

func (s *stream) changed(fields ...FieldError) error {
	return &StreamConfigError{Stream: s.cfg.Stream, Fields: fields, Changed: true}
}

// adopt takes over the settings that a stream may have as it likes, but that
// tell how to read from it and write to it.
func (s *stream) adopt(info *jetstream.StreamInfo) {
	s.maxMessage.Store(max(int64(info.Config.MaxMsgSize), 0))
	replicated := info.Config.Replicas > 1
	s.replicated.Store(replicated)
	s.groups.adopt(replicated, !replicated && info.Config.Storage == jetstream.FileStorage)
}

// writable returns why no commit can be sent: what usable returns, or a
// [StreamConfigError] of a stream that has changed.
func (s *stream) writable(ctx context.Context) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if changed := s.drift.Load(); changed != nil {
		return changed
	}
	return nil
}
