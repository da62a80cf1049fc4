// Package core is the event-sourcing library itself: events, the contract of an
// event store, aggregates and the repository that runs commands on them,
// snapshots, projections and reactors. It knows nothing of any database and
// imports the standard library only.
//
// Five ideas carry the package:
//
//   - An [Event] is a plain struct that names its own kind. A [Key] names an
//     aggregate, whose events are a sequence of its own inside the store.
//   - Behaviour is a table of typed functions. [DefineAggregate],
//     [DefineProjection] and [DefineReactor] take one function for each event,
//     made by [On], [Project], [React] and [Produce]; [Upcast] adds its old
//     kinds. The table is also the registration: the kinds to load and the types
//     to decode are read from it.
//   - A [Command] is a value with a Handle method, which looks at a state and
//     answers with events. It is pure, so a [Repository] can try it again.
//   - A [Version] is a position that may be absent. It is what an aggregate is
//     at, what a commit expects, where a read starts, the position of a snapshot,
//     and the token that lets a caller read its own write.
//   - What runs long has one method, Run, and ends with its context: [Live] keeps
//     a projection up to date, [Worker] runs a reactor. Callers start the
//     goroutine, and Wait for a version.
//
// [EventStore] is the contract. [GloballyOrderedStore], [AtomicStore],
// [IdentifiedStore], [SubscribableStore], [ListingStore] and [SystemStore] are
// what a store may be able to do beside it; [SnapshotStore] and [Lease] are
// contracts of their own. Package memory is the shortest complete store, package
// storetest checks any store, package coretest tests what is built on one.
package core
