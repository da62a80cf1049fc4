// Package tables is what the SQL targets have in common: the tables that hold the
// progress of layouts, and the statements on them.
package tables

import (
	"context"
	"strings"

	"github.com/jetsource/jetsource/core/readmodel"
)

// DB runs statements: in a transaction, or each by itself.
type DB interface {
	// Exec returns how many rows were affected.
	Exec(ctx context.Context, statement string, args ...any) (int64, error)
	// Query calls row for each row.
	Query(ctx context.Context, row func(scan func(...any) error) error, query string, args ...any) error
}

// Dialect is how a database differs from others.
type Dialect struct {
	Parameter  string // before the number of a parameter
	LockFirst  string // a statement before the progress is read to be locked
	LockSuffix string // of that query
	Switch     string // a statement before views are switched
	Tables     string // the names of tables that begin with a prefix
	Xact       string // the id of the transaction, if there is a query for it
	SameXact   string // the id of the transaction, if one has begun
}

// Postgres is the dialect of PostgreSQL.
var Postgres = Dialect{
	Parameter:  "$",
	LockSuffix: " FOR UPDATE",
	// A reader that reads for long does not make others wait behind the switch for it.
	Switch:   "SET LOCAL lock_timeout = '200ms'",
	Tables:   "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND left(tablename, length($1)) = $1 ORDER BY 1",
	Xact:     "SELECT pg_current_xact_id()::text",
	SameXact: "SELECT coalesce(pg_current_xact_id_if_assigned()::text, '')",
}

// SQLite is the dialect of SQLite. A transaction that begins with a read cannot always
// become one that writes.
var SQLite = Dialect{
	Parameter: "?",
	LockFirst: "UPDATE jetsource_progress SET beat = beat WHERE model = $1 AND version = $2",
	Tables:    "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, length($1)) = $1 ORDER BY 1",
}

// Statements make the tables, if they are missing.
var Statements = []string{
	`CREATE TABLE IF NOT EXISTS jetsource_progress (
	model    text NOT NULL,
	version  integer NOT NULL,
	store    text NOT NULL,
	events   text NOT NULL,
	position text NOT NULL,
	event_id text NOT NULL,
	owner    text NOT NULL,
	beat     bigint NOT NULL,
	damaged  text NOT NULL,
	PRIMARY KEY (model, version)
)`,
	`CREATE TABLE IF NOT EXISTS jetsource_parked (
	model    text NOT NULL,
	version  integer NOT NULL,
	position text NOT NULL,
	number   bigint NOT NULL,
	event_id text NOT NULL,
	kind     text NOT NULL,
	key      text NOT NULL,
	attempts integer NOT NULL,
	reason   text NOT NULL,
	PRIMARY KEY (model, version, position)
)`,
	`CREATE TABLE IF NOT EXISTS jetsource_promoted (
	model   text NOT NULL PRIMARY KEY,
	version integer NOT NULL
)`,
}

// Prepare makes the tables, unless they are there.
func (d Dialect) Prepare(ctx context.Context, db DB) error {
	var n int
	if err := d.query(ctx, db, one(&n), "SELECT count(*) FROM jetsource_promoted"); err == nil {
		return nil // the last of the tables
	}
	var err error
	for range 5 { // two that make a table at once: one of them fails
		for _, s := range Statements {
			if _, err = db.Exec(ctx, s); err != nil {
				break
			}
		}
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return err
}

func (d Dialect) text(statement string) string {
	if d.Parameter == "$" {
		return statement
	}
	return strings.ReplaceAll(statement, "$", d.Parameter)
}

func (d Dialect) exec(ctx context.Context, db DB, statement string, args ...any) error {
	_, err := db.Exec(ctx, d.text(statement), args...)
	return err
}

func (d Dialect) query(ctx context.Context, db DB, row func(scan func(...any) error) error, query string, args ...any) error {
	return db.Query(ctx, row, d.text(query), args...)
}

func one(into ...any) func(scan func(...any) error) error {
	return func(scan func(...any) error) error { return scan(into...) }
}

// Lock locks and returns the progress of a layout.
func (d Dialect) Lock(ctx context.Context, db DB, l readmodel.Layout) (p readmodel.Progress, ok bool, err error) {
	if d.LockFirst != "" {
		if err := d.exec(ctx, db, d.LockFirst, l.Model, l.Version); err != nil {
			return p, false, err
		}
	}
	return d.progress(ctx, db, l, d.LockSuffix)
}

// Progress returns the progress of a layout.
func (d Dialect) Progress(ctx context.Context, db DB, l readmodel.Layout) (readmodel.Progress, bool, error) {
	return d.progress(ctx, db, l, "")
}

func (d Dialect) progress(ctx context.Context, db DB, l readmodel.Layout, suffix string) (p readmodel.Progress, ok bool, err error) {
	err = d.query(ctx, db, func(scan func(...any) error) error {
		ok = true
		return scan(&p.Store, &p.Events, &p.Position, &p.EventID, &p.Owner, &p.Beat, &p.Damaged)
	}, "SELECT store, events, position, event_id, owner, beat, damaged FROM jetsource_progress WHERE model = $1 AND version = $2"+suffix, l.Model, l.Version)
	return p, ok, err
}

// Create writes the first progress of a layout.
func (d Dialect) Create(ctx context.Context, db DB, l readmodel.Layout, p readmodel.Progress) error {
	return d.exec(ctx, db, `INSERT INTO jetsource_progress (model, version, store, events, position, event_id, owner, beat, damaged)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, l.Model, l.Version, p.Store, p.Events, p.Position, p.EventID, p.Owner, p.Beat, p.Damaged)
}

// Save replaces the progress of a layout.
func (d Dialect) Save(ctx context.Context, db DB, l readmodel.Layout, p readmodel.Progress) error {
	return d.exec(ctx, db, `UPDATE jetsource_progress SET store = $3, events = $4, position = $5, event_id = $6, owner = $7, beat = $8, damaged = $9
	WHERE model = $1 AND version = $2`, l.Model, l.Version, p.Store, p.Events, p.Position, p.EventID, p.Owner, p.Beat, p.Damaged)
}
