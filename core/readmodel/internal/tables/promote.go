package tables

import (
	"context"
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/core/readmodel"
)

// Promoted returns the version of a model that readers see.
func (d Dialect) Promoted(ctx context.Context, db DB, model string) (version int, err error) {
	err = d.query(ctx, db, one(&version), "SELECT version FROM jetsource_promoted WHERE model = $1", model)
	return version, err
}

// Promote makes a view of each table of a layout, in place of those of the version
// before. It is to be called in a transaction.
func (d Dialect) Promote(ctx context.Context, db DB, l readmodel.Layout, check func(now, before readmodel.Progress) error) error {
	now, ok, err := d.Lock(ctx, db, l)
	if err != nil || !ok {
		return orNoProgress(l, err)
	}
	before, err := d.Promoted(ctx, db, l.Model)
	if err != nil {
		return err
	}
	then, _, err := d.Lock(ctx, db, readmodel.Layout{Model: l.Model, Version: before})
	if err == nil {
		err = check(now, then)
	}
	if err != nil {
		return err
	}
	if d.Switch != "" {
		if err := d.exec(ctx, db, d.Switch); err != nil {
			return err
		}
	}
	if before > 0 {
		if err := d.dropViews(ctx, db, readmodel.Layout{Model: l.Model, Version: before}); err != nil {
			return err
		}
	}
	tables, err := d.tables(ctx, db, l)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := d.exec(ctx, db, fmt.Sprintf(`CREATE VIEW "%s" AS SELECT * FROM "%s"`, view(l, t), t)); err != nil {
			return err
		}
	}
	return d.exec(ctx, db, `INSERT INTO jetsource_promoted (model, version) VALUES ($1, $2)
	ON CONFLICT (model) DO UPDATE SET version = excluded.version`, l.Model, l.Version)
}

func orNoProgress(l readmodel.Layout, err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("read model %v: %w", l, readmodel.ErrNoProgress)
}

func (d Dialect) dropViews(ctx context.Context, db DB, l readmodel.Layout) error {
	tables, err := d.tables(ctx, db, l)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := d.exec(ctx, db, fmt.Sprintf(`DROP VIEW IF EXISTS "%s"`, view(l, t))); err != nil {
			return err
		}
	}
	return nil
}

// view returns the name of the view of a table.
func view(l readmodel.Layout, table string) string {
	return l.View(strings.TrimPrefix(table, l.Prefix()))
}

// tables returns the names of a layout's tables.
func (d Dialect) tables(ctx context.Context, db DB, l readmodel.Layout) (names []string, err error) {
	err = d.query(ctx, db, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	}, d.Tables, l.Prefix())
	return names, err
}

// Drop removes a layout. It is to be called in a transaction.
func (d Dialect) Drop(ctx context.Context, db DB, l readmodel.Layout) error {
	if _, _, err := d.Lock(ctx, db, l); err != nil { // a batch goes on until it ends
		return err
	}
	serving, err := d.Promoted(ctx, db, l.Model)
	if err != nil {
		return err
	}
	if serving == l.Version {
		return fmt.Errorf("read model %v: %w", l, readmodel.ErrServing)
	}
	tables, err := d.tables(ctx, db, l)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := d.exec(ctx, db, fmt.Sprintf(`DROP TABLE "%s"`, t)); err != nil {
			return err
		}
	}
	for _, of := range []string{"jetsource_parked", "jetsource_progress"} {
		if err := d.exec(ctx, db, "DELETE FROM "+of+" WHERE model = $1 AND version = $2", l.Model, l.Version); err != nil {
			return err
		}
	}
	return nil
}
