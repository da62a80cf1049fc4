package tables

import (
	"context"
	"strings"

	"github.com/jetsource/jetsource/core/readmodel"
)

// Mark marks a transaction that has begun, for [Dialect.CheckMark]. Where the database
// does not tell transactions apart the mark is a savepoint. In PostgreSQL that would make
// rows that are updated again and again in one transaction slow.
func (d Dialect) Mark(ctx context.Context, db DB) (mark string, err error) {
	if d.Xact == "" {
		return "", d.exec(ctx, db, "SAVEPOINT jetsource")
	}
	return mark, d.query(ctx, db, one(&mark), d.Xact)
}

// CheckMark returns [readmodel.ErrTransactionEnded] if a function has ended the
// transaction since.
func (d Dialect) CheckMark(ctx context.Context, db DB, mark string) error {
	if d.Xact == "" {
		err := d.exec(ctx, db, "RELEASE SAVEPOINT jetsource")
		if err != nil && strings.Contains(err.Error(), "no such savepoint") {
			return readmodel.ErrTransactionEnded
		}
		return err
	}
	var now string
	if err := d.query(ctx, db, one(&now), d.SameXact); err != nil {
		return err // that of a statement before, or of the connection
	}
	if now != mark {
		return readmodel.ErrTransactionEnded
	}
	return nil
}
