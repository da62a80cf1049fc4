package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteReaders is how many connections read at the same time.
const sqliteReaders = 8

const sqliteTable = `CREATE TABLE events (
	position INTEGER PRIMARY KEY,
	stream   TEXT NOT NULL,
	version  INTEGER NOT NULL,
	kind     TEXT NOT NULL,
	data     BLOB NOT NULL,
	metadata BLOB NOT NULL,
	at       INTEGER NOT NULL,
	UNIQUE (stream, version))`

// sqliteFiles is a directory of databases, each with one table, in this process.
type sqliteFiles struct {
	dir         string
	synchronous string // FULL syncs each transaction, NORMAL only the checkpoints
}

func startSQLite(async bool) (engine, error) {
	dir, err := os.MkdirTemp("", "jetsource-peers")
	synchronous := "FULL"
	if async {
		synchronous = "NORMAL"
	}
	return &sqliteFiles{dir, synchronous}, err
}

func (f *sqliteFiles) close() error { return os.RemoveAll(f.dir) }

func (f *sqliteFiles) open(ctx context.Context, name string) (_ store, err error) {
	dsn := url.URL{Scheme: "file", Opaque: filepath.Join(f.dir, name), RawQuery: url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(" + f.synchronous + ")"},
		"_txlock": {"immediate"},
	}.Encode()}
	s := &sqliteStore{path: dsn.Opaque}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	for _, db := range []**sql.DB{&s.writer, &s.readers} {
		if *db, err = sql.Open("sqlite", dsn.String()); err != nil {
			return nil, err
		}
	}
	s.writer.SetMaxOpenConns(1)
	s.readers.SetMaxOpenConns(sqliteReaders)
	s.readers.SetMaxIdleConns(sqliteReaders)
	if _, err := s.writer.ExecContext(ctx, sqliteTable); err != nil {
		return nil, err
	}
	return s, s.prepare(ctx)
}

// sqliteStore has one connection that writes, for which commits wait in turn.
type sqliteStore struct {
	path             string
	writer, readers  *sql.DB
	insert, one, all *sql.Stmt
}

func (s *sqliteStore) prepare(ctx context.Context) (err error) {
	s.insert, err = s.writer.PrepareContext(ctx, "INSERT INTO events (stream, version, kind, data, metadata, at) VALUES (?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	s.one, err = s.readers.PrepareContext(ctx, "SELECT version, kind, data, metadata, at FROM events WHERE stream = ? ORDER BY version")
	if err != nil {
		return err
	}
	s.all, err = s.readers.PrepareContext(ctx, "SELECT position, stream, version, kind, data, metadata, at FROM events ORDER BY position")
	return err
}

func (s *sqliteStore) commit(ctx context.Context, commits ...commit) (versions []uint64, err error) {
	metadata, err := json.Marshal(author)
	if err != nil {
		return nil, err
	}
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // nothing, once it is committed
	insert, now := tx.StmtContext(ctx, s.insert), time.Now().UnixMicro()
	for _, c := range commits {
		version := c.version
		for _, e := range c.events {
			data, err := json.Marshal(e)
			if err != nil {
				return nil, err
			}
			version++
			if _, err := insert.ExecContext(ctx, c.id, int64(version), e.EventKind(), data, metadata, now); err != nil {
				return nil, sqliteConflict(err)
			}
		}
		versions = append(versions, version)
	}
	return versions, tx.Commit()
}

// sqliteConflict is an errConflict for a second row with the same stream and version.
func sqliteConflict(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
		return fmt.Errorf("%w: %w", errConflict, err)
	}
	return err
}

func (s *sqliteStore) update(ctx context.Context, id string, _ bool) error { return update(ctx, s, id) }

// settle gathers the statistics that plans are made by, and moves the log into the
// file.
func (s *sqliteStore) settle(ctx context.Context) error {
	_, err := s.writer.ExecContext(ctx, "ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

func (s *sqliteStore) close() error {
	var errs []error
	for _, db := range []*sql.DB{s.writer, s.readers} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(s.path + suffix); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
