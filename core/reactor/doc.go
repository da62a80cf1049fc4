// Package reactor acts on events: it calls the world outside, or commits other
// events, once for each event and in order, from where it was before.
//
//	type Recorded[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]
//
//	var mailer = reactor.Define("mailer",
//		reactor.On(func(ctx context.Context, e Recorded[AccountOpened]) error {
//			return mail.Welcome(ctx, e.Event.Owner)
//		}),
//	)
//
//	worker := reactor.NewWorker(store, mailer).ParkAfter(5)
//	err := worker.Run(ctx)
//
// A [Reactor] is a table of handlers. [On] makes one for effects outside the
// store, [Produce] one that answers with commits. A [Worker] runs a reactor and
// keeps its progress in the store. Of several workers one is active: a [Lease]
// chooses it, and a fence in the store stops the others. An event that cannot be
// handled ends the worker or is parked, and can be replayed later. That includes one
// whose metadata cannot be decoded, which a handler would be given: see
// [core.ErrMetadata].
//
// A recorded event that is several today, after a [core.Split], is as many inputs with
// one position. A worker handles them in order. The outputs of each are recorded with a
// checkpoint that counts them, so that they are recorded once; after a crash the worker
// goes on with the next one. Effects since the last checkpoint are repeated, as ever:
// [core.Envelope.EventID] tells the inputs apart. If one fails for good, it is parked
// with those that follow it. Until the last is done the event does not count as
// processed.
package reactor
