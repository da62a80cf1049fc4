package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsource/jetsource/core/readmodel/pgxmodel/pgtest"
)

// connections is how many connections there are: one for each of the writers or
// readers.
const connections = 64

// postgres is a server, over a pool of connections that are open from the start.
type postgres struct {
	server *pgtest.Server
	pool   *pgxpool.Pool
}

// startPostgres returns a server whose transactions return before they are synced if
// async is set.
func startPostgres(ctx context.Context, async bool) (engine, error) {
	server, err := pgtest.Start(ctx, "shared_buffers=512MB")
	if err != nil {
		return nil, err
	}
	p := &postgres{server: server}
	if p.pool, err = newPool(ctx, server.DSN(), async); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func newPool(ctx context.Context, dsn string, async bool) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = connections
	if async {
		cfg.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	for range connections {
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return pool, err
		}
		defer conn.Release()
	}
	return pool, nil
}

func (p *postgres) close() error {
	if p.pool != nil {
		p.pool.Close()
	}
	return p.server.Close()
}

func (p *postgres) open(ctx context.Context, name string) (store, error) {
	_, err := p.pool.Exec(ctx, fmt.Sprintf(`CREATE TABLE %s (
		position bigserial PRIMARY KEY,
		stream   text NOT NULL,
		version  integer NOT NULL,
		kind     text NOT NULL,
		data     jsonb NOT NULL,
		metadata jsonb NOT NULL,
		at       timestamptz NOT NULL DEFAULT now(),
		UNIQUE (stream, version))`, name))
	if err != nil {
		return nil, err
	}
	return &postgresStore{
		pool:   p.pool,
		insert: "INSERT INTO " + name + " (stream, version, kind, data, metadata) VALUES ($1, $2, $3, $4, $5)",
		one:    "SELECT version, kind, data, metadata, at FROM " + name + " WHERE stream = $1 ORDER BY version",
		all:    "SELECT position, stream, version, kind, data, metadata, at FROM " + name + " ORDER BY position",
		name:   name,
	}, nil
}
