// Package core is the contract of an event store: events, versions, filters,
// commits, and the interfaces that a store implements. It knows nothing of any
// database and imports the standard library only.
//
// The nouns are few:
//
//   - An [Event] is a plain struct that names its own kind.
//   - A [Key] names an aggregate, whose events are a sequence of its own inside
//     the store.
//   - A [Version] is a position that may be absent. It is what an aggregate is
//     at, what a commit expects, where a read starts, and the token that lets a
//     caller read its own write.
//   - A [Commit] is some events for one aggregate, recorded all or none.
//   - A [StoredEvent] is an event as the store holds it; [Decode] makes a value
//     of it.
//
// [EventStore] is the contract; [GloballyOrderedStore], [AtomicStore] and
// [IdentifiedStore] are what a store may be able to do beside it. Package memory
// is the shortest complete store, package storetest checks any store.
package core
