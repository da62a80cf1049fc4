package tables

import (
	"context"

	"github.com/jetsource/jetsource/core/readmodel"
)

// Park keeps an event, as the last one of its layout.
func (d Dialect) Park(ctx context.Context, db DB, l readmodel.Layout, p readmodel.Parked) error {
	var number int64
	err := d.query(ctx, db, one(&number), "SELECT coalesce(max(number), 0) + 1 FROM jetsource_parked WHERE model = $1 AND version = $2", l.Model, l.Version)
	if err != nil {
		return err
	}
	return d.exec(ctx, db, `INSERT INTO jetsource_parked (model, version, position, number, event_id, kind, key, attempts, reason)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, l.Model, l.Version, p.Position, number, p.EventID, p.Kind, p.Key, p.Attempts, p.Reason)
}

// Unpark removes an event.
func (d Dialect) Unpark(ctx context.Context, db DB, l readmodel.Layout, position string) (bool, error) {
	n, err := db.Exec(ctx, d.text("DELETE FROM jetsource_parked WHERE model = $1 AND version = $2 AND position = $3"), l.Model, l.Version, position)
	return n > 0, err
}

// Parked returns the events of a layout.
func (d Dialect) Parked(ctx context.Context, db DB, l readmodel.Layout) (parked []readmodel.Parked, err error) {
	err = d.query(ctx, db, func(scan func(...any) error) error {
		var p readmodel.Parked
		err := scan(&p.Position, &p.EventID, &p.Kind, &p.Key, &p.Attempts, &p.Reason)
		parked = append(parked, p)
		return err
	}, "SELECT position, event_id, kind, key, attempts, reason FROM jetsource_parked WHERE model = $1 AND version = $2 ORDER BY number", l.Model, l.Version)
	return parked, err
}
