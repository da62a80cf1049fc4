// Package reactor acts on events: it calls the world outside, or commits other
// events, once for each event, from where it was before; and it acts on time.
//
//	type Recorded[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]
//
//	var mailer = reactor.Define("mailer",
//		reactor.On(func(ctx context.Context, e Recorded[AccountOpened]) error {
//			return mail.Welcome(ctx, e.Event.Owner)
//		}),
//	)
//
//	worker := reactor.NewWorker(store, mailer).WithLeases(leases).ParkAfter(5)
//	err := worker.Run(ctx)
//
// A [Reactor] is a table of handlers. [On] makes one for effects outside the
// store, [Produce] one that answers with commits, [Due] one for timers. A [Worker] runs a
// reactor. An event that cannot be handled ends the worker or is parked, and can be replayed
// later. That includes one whose metadata cannot be decoded, which a handler would be given:
// see [core.ErrMetadata].
//
// # Partitions
//
// The events of one aggregate are reacted to in order, those of others beside them: a reactor
// has a fixed number of partitions, and an aggregate is in the one that the hash of its key
// says. One process has all of them, or several share them by [Leases], evenly, and have those
// of a process that died within seconds. Each partition has its own progress, and an entry of
// its own in the log as a fence: what a process does that lost it without knowing is not
// recorded. A partition whose events fail holds up no other.
//
// Outputs of many inputs are recorded in one commit, with a checkpoint for each of their partitions. If an
// output is refused, its input alone is reacted to again, and the partition waits for it.
// Progress without outputs is no message in the log: it is kept with the leases, by each
// process some times in their TTL, or with the store twice a second.
// After a crash the further of the two counts, and effects since then are repeated.
//
// # Timers
//
// A reaction may set timers by [SetTimer], and cancel them. They belong to the aggregate whose
// event is being reacted to, and are recorded in one commit with the outputs. When one is due
// its handler reacts to it, in the order of the aggregate's events, once in the store, in
// whatever process has the partition then. It is late if that process was not there in time, and it is
// early only by as much as its clock was set forward. [Worker.Timers] lists those that are
// pending. An aggregate, a reactor and timers are a process manager: see examples/booking.
//
// For readers of the code: run.go begins a session (session.go), which has a goroutine that
// takes events from the subscription (dispatch.go), one for each partition that reacts to them
// (next.go, react.go), and one that records outputs (record.go, batch.go, recorded.go,
// refused.go). Which partitions it has is in crew.go: alone (keepalone.go) or shared by leases
// (sharing.go, roster.go). A lost partition is found out by the fence in batch.go.
//
// # Steering
//
// [Worker.Pause], [Worker.Resume], [Worker.Skip] and [Worker.Reset] are recorded in the store,
// and every worker of the reactor heeds them within seconds. A reactor begins with the first
// event, or where [Worker.StartNow] or [Worker.StartAfter] says. What is parked is replayed or
// discarded, one by one or all of it; [Worker.HoldBack] keeps the order of an aggregate's events
// until then.
//
// An operator's program has not the handlers. [Find] gives it a worker that steers the reactor all
// the same: [Worker.Status] tells how far it is and who has which partition, and
// [Worker.AskReplay] has a worker that runs replay what is parked.
//
// # Several events of one
//
// A recorded event that is several today, after a [core.Split], is as many inputs with
// one position. A worker handles them in order. The outputs of each are recorded with a
// checkpoint that counts them, so that they are recorded once; after a crash the worker
// goes on with the next one. Effects since the last checkpoint are repeated, as ever:
// [core.Envelope.EventID] tells the inputs apart. If one fails for good, it is parked
// with those that follow it. Until the last is done the event does not count as
// processed. A timer whose event is several today is reacted to as one: the outputs of all are
// one commit.
package reactor
