package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

type repository = core.Repository[document, string, uint64, string]

// ours is a server in this process, over a connection within it.
type ours struct {
	dir    string
	server *embedded.Server
	nc     *nats.Conn
}

func startOurs(lazy bool) (engine, error) {
	dir, err := os.MkdirTemp("", "jetsource-peers")
	if err != nil {
		return nil, err
	}
	o := &ours{dir: dir}
	if o.server, err = embedded.Start(embedded.Config{Dir: dir, LazySync: lazy}); err == nil {
		o.nc, err = nats.Connect("", nats.InProcessServer(o.server))
	}
	if err != nil {
		return nil, errors.Join(err, o.close())
	}
	return o, nil
}

func (o *ours) close() error {
	if o.nc != nil {
		o.nc.Close()
	}
	var err error
	if o.server != nil {
		err = o.server.Close()
	}
	return errors.Join(err, os.RemoveAll(o.dir))
}

func (o *ours) open(ctx context.Context, name string) (store, error) {
	s, err := jetstream.Open[string, string](ctx, o.nc, jetstream.Config{Stream: name, Prefix: name})
	if err != nil {
		return nil, err
	}
	const retries = 1 << 20 // more than any command here needs
	plain := core.NewRepository(s, documents).WithMetadata(author).WithRetries(retries)
	return &ourStore{store: s, plain: plain, cached: plain.WithCache(core.Cache[document]{Size: 10_000})}, nil
}

type ourStore struct {
	store         *jetstream.Store[string, string]
	plain, cached *repository
}

func (s *ourStore) commit(ctx context.Context, commits ...commit) ([]uint64, error) {
	parts := make([]core.Commit[string, uint64, string], len(commits))
	for i, c := range commits {
		parts[i] = core.Commit[string, uint64, string]{
			Key: core.Key[string]{Kind: "document", ID: c.id}, Events: c.events, Metadata: author,
		}
		if c.version > 0 {
			parts[i].Expected = core.At(c.version)
		}
	}
	committed, err := s.store.Commit(ctx, parts...)
	if errors.Is(err, core.ErrConflict) {
		return nil, fmt.Errorf("%w: %w", errConflict, err)
	}
	versions := make([]uint64, len(committed))
	for i, c := range committed {
		versions[i] = c.Position
	}
	return versions, err
}

func (s *ourStore) load(ctx context.Context, id string) (document, uint64, error) {
	state, version, err := s.plain.Load(ctx, id)
	if errors.Is(err, core.ErrNotFound) {
		return document{}, 0, nil
	}
	position, _ := version.Position()
	return state, position, err
}

func (s *ourStore) update(ctx context.Context, id string, cached bool) error {
	repo := s.plain
	if cached {
		repo = s.cached
	}
	_, err := repo.Update(ctx, id, core.CommandFunc[document](change))
	return err
}

func (s *ourStore) fold(ctx context.Context) (totals, error) {
	return projection.Load(ctx, s.store, allTotals)
}

func (s *ourStore) settle(context.Context) error { return nil }

func (s *ourStore) close() error { return s.store.Close() }
