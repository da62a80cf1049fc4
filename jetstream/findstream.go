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

// openWait bounds a request about the stream. While a stream is being created on a
// cluster, no server may answer for it yet.
const openWait = 2 * time.Second

// errCreated says that the stream was created, or was by another program at the same
// time. Only what a server then says of it names its domain.
var errCreated = errors.New("stream was created")

// findStream adopts the stream if it exists and keeps what the store promises,
// and creates it if it does not exist and need not.
func findStream(ctx context.Context, js jetstream.JetStream, cfg Config) (*jetstream.StreamInfo, error) {
	for {
		info, err := tryFindStream(ctx, js, cfg)
		noAnswer := errors.Is(err, context.DeadlineExceeded)
		switch {
		case errors.Is(err, errCreated), noAnswer && ctx.Err() == nil:
			continue
		case noAnswer && !js.Conn().IsConnected():
			err = fmt.Errorf("%w: the connection is %v", err, js.Conn().Status())
		case noAnswer:
			err = fmt.Errorf("%w: a server that denies a request does not answer it", err)
		}
		return info, err
	}
}

// tryFindStream is one attempt of findStream.
func tryFindStream(ctx context.Context, js jetstream.JetStream, cfg Config) (*jetstream.StreamInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, openWait)
	defer cancel()
	found, err := js.Stream(ctx, cfg.Stream)
	switch {
	case err == nil:
		return found.CachedInfo(), checkFound(found.CachedInfo(), cfg, js.Conn().ConnectedServerVersion())
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
		return nil, fmt.Errorf("%w: %w", ErrNoJetStream, err)
	case !errors.Is(err, jetstream.ErrStreamNotFound):
		return nil, err
	case cfg.MustExist:
		return nil, fmt.Errorf("%w: no stream %s: %w", ErrNoStore, cfg.Stream, err)
	}
	sc := streamConfig(cfg)
	setMonitoring(&sc, isClustered(js.Conn(), cfg))
	_, err = js.CreateStream(ctx, sc)
	var api *jetstream.APIError
	switch {
	case err == nil, errors.Is(err, jetstream.ErrStreamNameAlreadyInUse):
		// An old server leaves out the settings that it does not know.
		return nil, errCreated
	case errors.As(err, &api) && api.ErrorCode == wire.CodeOverlap:
		return nil, overlapInDomain(ctx, js.Conn(), cfg)
	default:
		return nil, fmt.Errorf("create stream %s: %w", cfg.Stream, err)
	}
}
