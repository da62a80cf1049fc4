// Package kvmodel keeps read models in a key-value bucket of NATS, as JSON that any
// client reads and watches.
//
//	bucket, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "ORDERS"})
//	target := kvmodel.New(js, bucket)
//
//	var orders = readmodel.Define("orders", 3,
//		readmodel.On(func(ctx context.Context, tx *kvmodel.Tx, e Recorded[OrderPlaced]) error {
//			return kvmodel.Update(ctx, tx, "list", e.Key.ID, func(o *Order) error { o.Total = e.Event.Total; return nil })
//		}),
//	)
//	err := readmodel.NewRunner(store, target, orders).Run(ctx)
//
// A row has the key "model.v3.table.key", its last part as [codec.EncodeToken] writes it,
// and is a [Row]: {"position":17,"value":{…}}. To watch a table is to watch
// "orders.v3.list.*".
//
// A bucket has no transactions. Each row holds the position of the event that it was last
// written for, and an event that comes again, after a crash, changes nothing in the rows
// that hold it already: each event is in each row exactly once. That holds for functions
// that make a row of the event and the row itself: what one makes of several rows may see
// some of them before the event and some after it. Readers may see the rows of an event
// one after the other.
//
// The bucket belongs to one store: progress of another one is an error. Its keys
// "_progress.>", "_parked.>" and "_promoted.>" are the library's. A promotion writes
// {"version":3} into "_promoted.orders", which readers watch. Rows that were deleted keep
// their position, until the layout is dropped.
//
// Positions are those of package jetstream, or other numbers.
package kvmodel
