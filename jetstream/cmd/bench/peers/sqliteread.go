package main

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

func (s *sqliteStore) load(ctx context.Context, id string) (d document, version uint64, err error) {
	rows, err := s.one.QueryContext(ctx, id)
	if err != nil {
		return d, 0, err
	}
	err = scan(rows, func(r *tableRow, at *int64) []any {
		return []any{&r.version, &r.kind, (*sql.RawBytes)(&r.data), (*sql.RawBytes)(&r.metadata), at}
	}, func(e changed, v int32) {
		d.apply(e)
		version = uint64(v)
	})
	return d, version, err
}

func (s *sqliteStore) fold(ctx context.Context) (t totals, err error) {
	rows, err := s.all.QueryContext(ctx)
	if err != nil {
		return t, err
	}
	err = scan(rows, func(r *tableRow, at *int64) []any {
		return []any{&r.position, &r.stream, &r.version, &r.kind, (*sql.RawBytes)(&r.data), (*sql.RawBytes)(&r.metadata), at}
	}, func(e changed, _ int32) { t.apply(e) })
	return t, err
}

// scan decodes each row and closes rows.
func scan(rows *sql.Rows, columns func(*tableRow, *int64) []any, apply func(changed, int32)) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	var r tableRow
	var at int64
	for to := columns(&r, &at); rows.Next(); {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		r.at = time.UnixMicro(at)
		e, err := r.decode()
		if err != nil {
			return err
		}
		apply(e, r.version)
	}
	return rows.Err()
}
