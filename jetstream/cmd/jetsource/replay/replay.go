// Package replay fills a new store with the messages of another one. Until it is finished
// the store cannot be opened, so that an interrupted one is gone on with, and not taken for
// one that lost its end.
package replay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Metadata of the stream. While it is filled its format is one that no store has.
const (
	metaSource = "es.filled_from" // the id of the store that the messages are of
	filling    = "being filled"
)

// Target is a store that is being filled.
type Target struct {
	js     natsjs.JetStream
	stream natsjs.Stream
	format string // once it is finished
	source string
}

// Open creates the stream of a store, or finds the one that was begun, to be filled from
// another one. A stream that is something else is an error.
func Open(ctx context.Context, nc *nats.Conn, cfg jetstream.Config, source string) (*Target, error) {
	js, err := natsjs.New(nc)
	if cfg.Domain != "" {
		js, err = natsjs.NewWithDomain(nc, cfg.Domain)
	}
	if err != nil {
		return nil, err
	}
	t := &Target{js: js, source: source}
	t.stream, err = js.Stream(ctx, cfg.Stream)
	if err == nil {
		return t, t.resume()
	}
	if !errors.Is(err, natsjs.ErrStreamNotFound) || ctx.Err() != nil {
		return nil, err
	}
	return t, t.create(ctx, nc, cfg)
}

// createWait bounds what is not interrupted.
const createWait = 30 * time.Second

// create makes the stream and marks it. It is not interrupted in between, save for want of a
// right: a stream that is not marked cannot be gone on with.
func (t *Target) create(outer context.Context, nc *nats.Conn, cfg jetstream.Config) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(outer), createWait)
	defer cancel()
	stop := context.AfterFunc(outer, func() {
		if errors.Is(context.Cause(outer), nats.ErrPermissionViolation) {
			cancel()
		}
	})
	defer stop()
	cfg.Logger = slog.New(slog.DiscardHandler)
	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, cfg)
	if overlap, is := errors.AsType[*jetstream.OverlapError](err); is && overlap != nil {
		return fmt.Errorf("%w; --prefix gives the new store subjects of its own", err)
	}
	if err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return err
	}
	if t.stream, err = t.js.Stream(ctx, cfg.Stream); err != nil {
		return err
	}
	t.format = t.stream.CachedInfo().Config.Metadata[wire.MetaFormat]
	return t.mark(ctx, map[string]string{wire.MetaFormat: filling + " " + t.format, metaSource: t.source})
}

func (t *Target) resume() error {
	c := t.stream.CachedInfo().Config
	if n, _ := fmt.Sscanf(c.Metadata[wire.MetaFormat], filling+" %s", &t.format); n != 1 {
		return fmt.Errorf("stream %s is there, and is not one that is being filled: restore takes the name of another one by --stream, copy by --to", c.Name)
	}
	if from := c.Metadata[metaSource]; from != t.source {
		return fmt.Errorf("stream %s is being filled from store %s, not from %s: finish that, or remove the stream, or name another one", c.Name, from, t.source)
	}
	return nil
}

// mark changes the metadata of the stream.
func (t *Target) mark(ctx context.Context, meta map[string]string) (err error) {
	c := t.stream.CachedInfo().Config
	c.Metadata = maps.Clone(c.Metadata)
	for name, value := range meta {
		if c.Metadata[name] = value; value == "" {
			delete(c.Metadata, name)
		}
	}
	maps.DeleteFunc(c.Metadata, func(name, _ string) bool { return len(name) > 6 && name[:6] == "_nats." })
	t.stream, err = t.js.UpdateStream(ctx, c)
	return err
}

// Last returns the last position that the target has, as its leader says.
func (t *Target) Last(ctx context.Context) (uint64, error) {
	info, err := t.stream.Info(ctx)
	if err != nil {
		return 0, err
	}
	return info.State.LastSeq, nil
}

// Finish makes a store of the target. It has the id that it was created with, or the one
// that is given.
func (t *Target) Finish(ctx context.Context, storeID string) error {
	meta := map[string]string{wire.MetaFormat: t.format, metaSource: ""}
	if storeID != "" {
		meta[wire.MetaStoreID] = storeID
	}
	return t.mark(ctx, meta)
}
