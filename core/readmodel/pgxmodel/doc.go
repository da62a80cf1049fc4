// Package pgxmodel keeps read models in PostgreSQL by pgx. It is a module of its own,
// with pgx.
//
//	target := pgxmodel.New(pool)
//	runner := readmodel.NewRunner(store, target, orders)
//
// Functions get a [Tx], which is a [pgx.Tx] that they cannot end. The rest is as in
// package sqlmodel; tables of one can be gone on with by the other. [readmodel.Wait] is
// told of changes by LISTEN, for which it holds a connection of the pool.
package pgxmodel
