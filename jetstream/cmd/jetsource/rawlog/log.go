// Package rawlog reads the log of a store as it is: every message, system entries and
// what readers pass over among them, without the types of the application. It writes
// nothing.
package rawlog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Message is a message of the log.
type Message = wire.Message

// Log is the log of one store.
type Log struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	info   *jetstream.StreamInfo
	read   time.Time // when info was asked for
	domain string

	subjects *wire.Subjects[string]
}

// NotAStoreError reports a stream that is not the log of a store.
type NotAStoreError struct {
	Stream   string
	Subjects []string
}

func (e *NotAStoreError) Error() string {
	return fmt.Sprintf("stream %s is no event store: its subjects are %v, not <prefix>.*.*.*", e.Stream, e.Subjects)
}

// JetStream is that of the domain of the log.
func (l *Log) JetStream() jetstream.JetStream { return l.js }

// Open finds the log of a store. The domain is that of its stream; empty for the one of the
// connected server.
func Open(ctx context.Context, nc *nats.Conn, stream, domain string) (*Log, error) {
	js, err := jetstream.New(nc)
	if domain != "" {
		js, err = jetstream.NewWithDomain(nc, domain)
	}
	if err != nil {
		return nil, err
	}
	asked := time.Now()
	found, err := js.Stream(ctx, stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("%s has no stream %s: %w", nc.ConnectedUrlRedacted(), stream, err)
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", stream, err)
	}
	l := &Log{nc: nc, js: js, info: found.CachedInfo(), read: asked, domain: domain}
	prefix, ok := prefixOf(l.info.Config.Subjects)
	if !ok {
		return nil, &NotAStoreError{stream, l.info.Config.Subjects}
	}
	l.subjects, err = wire.NewSubjects[string](prefix)
	return l, err
}

// prefixOf returns the first token of the subjects of a store.
func prefixOf(subjects []string) (string, bool) {
	if len(subjects) != 1 {
		return "", false
	}
	prefix, rest, _ := strings.Cut(subjects[0], ".")
	return prefix, rest == "*.*.*" || rest == ">"
}

// Info returns the stream as it was when the log was opened, or read again.
func (l *Log) Info() *jetstream.StreamInfo { return l.info }

// Prefix returns the first token of the subjects.
func (l *Log) Prefix() string { return l.subjects.Prefix }

// StoreID returns the id of the store; empty if the stream has none.
func (l *Log) StoreID() string { return l.info.Config.Metadata[wire.MetaStoreID] }

// End reads the state of the stream again, and returns its last position.
func (l *Log) End(ctx context.Context) (uint64, error) {
	found, err := l.js.Stream(ctx, l.info.Config.Name)
	if err != nil {
		return 0, err
	}
	l.info = found.CachedInfo()
	return l.info.State.LastSeq, nil
}

// Aggregate returns the filter of all messages of an aggregate.
func (l *Log) Aggregate(kind, id string) (string, error) {
	return l.Filter("", kind, &id)
}

// Filter returns the filter of the messages of an event kind and an aggregate; what is
// empty or nil stands for all.
func (l *Log) Filter(event, aggregate string, id *string) (string, error) {
	tokens := []string{"*", "*", "*"}
	for i, name := range []*string{&event, &aggregate, id} {
		if name == nil || i < 2 && *name == "" {
			continue
		}
		token, err := wire.Token("name", *name)
		if err != nil {
			return "", err
		}
		tokens[i] = token
	}
	return l.subjects.Prefix + "." + strings.Join(tokens, "."), nil
}
