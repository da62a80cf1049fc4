package jetstream

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/reader"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// How often a store checks the stream's configuration: while the store is in use,
// and while commits are refused, so that they go on soon after the configuration
// is right again.
const (
	checkInUse = 5 * time.Second
	checkDrift = time.Second
)

// watchConfig follows the configuration of the stream until the store is closed.
// Commits pay an atomic load for it. It checks as soon as the connection comes
// back, because much can have changed meanwhile.
func (s *stream) watchConfig(connected <-chan nats.Status) {
	seen := s.conn.Requests()
	for {
		every := checkInUse
		if s.drift.Load() != nil {
			every = checkDrift
		}
		// Stores that were opened together need not ask together.
		timer := time.NewTimer(every*4/5 + rand.N(every*2/5))
		select {
		case <-s.conn.Life().Done():
			timer.Stop()
			return
		case <-connected:
			timer.Stop()
			s.recheckEnd()
		case <-timer.C:
			requests := s.conn.Requests()
			if requests == seen && s.drift.Load() == nil {
				continue
			}
			seen = requests
		}
		s.checkConfig()
	}
}

// recheckEnd checks the end of the log, which may have been lost with the connection.
func (s *stream) recheckEnd() {
	ctx, cancel := context.WithTimeout(s.conn.Life(), s.cfg.Timeout)
	defer cancel()
	if err := s.repairEnd(ctx); err != nil && s.conn.Life().Err() == nil {
		s.cfg.Logger.Error("the end of the log cannot be checked", "stream", s.cfg.Stream, "error", err)
	}
}

// checkConfig reads the stream's configuration, and refuses or allows commits
// accordingly. Without an answer nothing changes.
func (s *stream) checkConfig() {
	before := s.drift.Load()
	err := s.readConfig()
	pause := conn.Backoff{Max: 500 * time.Millisecond, Pauses: 6}
	// A server that was cut off may have an old configuration: what refuses all
	// commits has to be found again.
	for attempt := 0; attempt < 2 && s.isNewDrift(err); attempt++ {
		if s.conn.Pause(s.conn.Life(), &pause) != nil {
			return
		}
		err = s.readConfig()
	}
	// The ack of another stream may have come meanwhile: it stands.
	now := asDrift(err)
	switch {
	case err != nil && now == nil:
		s.cfg.Logger.Debug("stream's configuration not known", "stream", s.cfg.Stream, "error", err)
	case now != nil && (before == nil || before.Error() != now.Error()):
		if s.drift.CompareAndSwap(before, now) {
			s.cfg.Logger.Error("commits are refused until the stream is as it was", "stream", s.cfg.Stream, "error", now.error)
		}
	case now == nil && before != nil:
		if s.drift.CompareAndSwap(before, nil) {
			s.cfg.Logger.Info("the stream is as it was, commits go on", "stream", s.cfg.Stream)
		}
	}
}

// isNewDrift reports whether err is a drift while none is known.
func (s *stream) isNewDrift(err error) bool { return asDrift(err) != nil && s.drift.Load() == nil }

// readConfig asks for the stream's configuration and adopts what may change. It
// returns a [StreamConfigError] if the stream is not as it must be, and an
// [OverlapError] if another one has its subjects.
func (s *stream) readConfig() error {
	ctx, cancel := context.WithTimeout(s.conn.Life(), openWait)
	defer cancel()
	found, err := s.conn.JS.Stream(ctx, s.cfg.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return s.changed(FieldError{"stream", "gone", "there"})
	}
	if err != nil {
		return err
	}
	info := found.CachedInfo()
	if id := storeID(info); id != s.storeID {
		return s.changed(FieldError{"metadata " + wire.MetaStoreID, id, s.storeID})
	}
	before := s.conn.Replicated.Load()
	s.adopt(info) // also where commits are refused: reads go on
	if s.conn.Replicated.Load() != before {
		s.cfg.Logger.Info("the number of replicas has changed", "stream", s.cfg.Stream, "replicas", info.Config.Replicas)
	}
	if err, wrong := errors.AsType[*StreamConfigError](checkStream(info, s.cfg)); wrong {
		return s.changed(err.Fields...)
	}
	if old, is := errors.AsType[*ServerVersionError](checkServerVersion(s.conn.JS.Conn().ConnectedServerVersion(), info.Config.Replicas)); is && old.Replicas > 0 {
		return s.changed(FieldError{"num_replicas", strconv.Itoa(old.Replicas), "1 on a server of version " + old.Version})
	}
	return s.readOverlap(ctx)
}

func (s *stream) changed(fields ...FieldError) error {
	return &StreamConfigError{Stream: s.cfg.Stream, Fields: fields, Changed: true}
}

// adopt takes over the settings that a stream is free to have, but that decide how
// to read from it and write to it.
func (s *stream) adopt(info *jetstream.StreamInfo) {
	s.maxMessage.Store(max(int64(info.Config.MaxMsgSize), 0))
	s.conn.SetDomain(info.Domain)
	replicated := info.Config.Replicas > 1
	s.conn.Replicated.Store(replicated)
	remote := s.cfg.Domain != "" || info.Cluster != nil && info.Cluster.Leader != s.conn.JS.Conn().ConnectedServerName()
	s.writer.SetStorage(replicated, !replicated && info.Config.Storage == jetstream.FileStorage, remote)
}

// writable returns why no commit can be sent: that no request can, or what has
// changed since the store was opened.
func (s *stream) writable(ctx context.Context) error {
	if err := s.conn.Usable(ctx); err != nil {
		return err
	}
	if s.cfg.ReadOnly {
		return ErrReadOnly
	}
	if drift := s.drift.Load(); drift != nil {
		return drift.error
	}
	return nil
}

// checkIdentity returns an error if the stream is not the one that was opened.
func (s *stream) checkIdentity(ctx context.Context) error {
	found, err := s.conn.JS.Stream(ctx, s.cfg.Stream)
	if err != nil {
		return err
	}
	if storeID(found.CachedInfo()) != s.storeID {
		return reader.ErrOtherStream
	}
	return nil
}
