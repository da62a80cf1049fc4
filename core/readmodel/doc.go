// Package readmodel keeps read models in other databases: functions write events into
// tables, in the database's own transactions, each event exactly once.
//
//	type Recorded[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]
//
//	var orders = readmodel.Define("orders", 3,
//		readmodel.On(func(ctx context.Context, tx sqlmodel.Tx, e Recorded[OrderPlaced]) error {
//			_, err := tx.ExecContext(ctx, "INSERT INTO "+tx.Table("list")+" (id, total) VALUES ($1, $2)", e.Key.ID, e.Event.Total)
//			return err
//		}),
//	)
//
//	runner := readmodel.NewRunner(store, sqlmodel.New(db, sqlmodel.Postgres), orders)
//	err := runner.Run(ctx)
//
// A [Model] is a table of functions; [On] makes one. A [Runner] applies events in
// batches and in order, and writes the position into the transaction of the batch:
// whatever ends a process, the tables hold the events up to that position, each once. A
// [Target] is the database: package sqlmodel has one for database/sql, and
// package targettest checks one.
//
// Of several runners of one layout one works and the others wait: see [Runner.Run].
//
// The number of a model is the version of its layout. A new version has tables of its
// own, which a runner fills while the old ones are read. [Promote] has readers see the
// new ones, once they are up to date, and [Drop] removes old ones. The functions get the
// names of their tables from the transaction.
//
// Events of kinds without a function are not read. What an event was before is told by
// its [core.History]; if it is several today, after a [core.Split], these are applied in
// one transaction.
package readmodel
