// Package projection keeps read models in memory: a state folded from the events
// of many aggregates, loaded once or kept up to date while the program runs.
//
//	type Recorded[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]
//
//	var balances = projection.Define("balances",
//		projection.On(func(b *Balances, e Recorded[FundsDeposited]) { b.Add(e.Key.ID, e.Event.Amount) }),
//	)
//
//	now, err := projection.Load(ctx, store, balances)
//	live := projection.NewLive(store, balances)
//	go live.Run(ctx)
//	err = live.Wait(ctx, version) // a version that a command returned
//	live.View(func(b *Balances) { fmt.Println(b.Of("ACC-001")) })
//
// A [Projection] is a table of handlers; [On] makes one. [Load] folds all events,
// [LoadAt] and [LoadAtTime] those up to a version or a time, and [LoadFrom] starts
// from a snapshot. A [Live] follows the store.
package projection
