package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// uniqueViolation is the SQLSTATE of a second row with the same stream and version.
const uniqueViolation = "23505"

// postgresStore is a table of events. The pool prepares each statement once for
// each connection.
type postgresStore struct {
	pool             *pgxpool.Pool
	name             string
	insert, one, all string
}

// commit sends all rows at once: a batch is one transaction, and one round trip.
func (s *postgresStore) commit(ctx context.Context, commits ...commit) ([]uint64, error) {
	metadata, err := json.Marshal(author)
	if err != nil {
		return nil, err
	}
	var batch pgx.Batch
	versions := make([]uint64, len(commits))
	for i, c := range commits {
		versions[i] = c.version
		for _, e := range c.events {
			data, err := json.Marshal(e)
			if err != nil {
				return nil, err
			}
			versions[i]++
			batch.Queue(s.insert, c.id, int32(versions[i]), e.EventKind(), data, metadata)
		}
	}
	err = s.pool.SendBatch(ctx, &batch).Close()
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == uniqueViolation {
		return nil, fmt.Errorf("%w: %w", errConflict, err)
	}
	return versions, err
}

func (s *postgresStore) load(ctx context.Context, id string) (d document, version uint64, err error) {
	rows, err := s.pool.Query(ctx, s.one, id)
	if err != nil {
		return d, 0, err
	}
	var r tableRow
	_, err = pgx.ForEachRow(rows, []any{&r.version, &r.kind, &r.data, &r.metadata, &r.at}, func() error {
		e, err := r.decode()
		d.apply(e)
		version = uint64(r.version)
		return err
	})
	return d, version, err
}

func (s *postgresStore) update(ctx context.Context, id string, _ bool) error {
	return update(ctx, s, id)
}

func (s *postgresStore) fold(ctx context.Context) (t totals, err error) {
	rows, err := s.pool.Query(ctx, s.all)
	if err != nil {
		return t, err
	}
	var r tableRow
	_, err = pgx.ForEachRow(rows, []any{&r.position, &r.stream, &r.version, &r.kind, &r.data, &r.metadata, &r.at}, func() error {
		e, err := r.decode()
		t.apply(e)
		return err
	})
	return t, err
}

// settle cleans the table up and gathers the statistics that plans are made by.
func (s *postgresStore) settle(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, "VACUUM ANALYZE "+s.name)
	return err
}

func (s *postgresStore) close() error {
	_, err := s.pool.Exec(context.Background(), "DROP TABLE "+s.name)
	return err
}
