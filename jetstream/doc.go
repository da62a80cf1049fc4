// Package jetstream is the event store of package core on NATS JetStream.
//
// A [Store] keeps its events in one stream, on subjects
// <prefix>.<event kind>.<aggregate kind>.<id>. The sequence of the stream is the
// position of an event, and orders all events of the store.
//
//   - A commit is compare-and-swap: its events are recorded only if the aggregate
//     is at the version they were decided on. One event is one publish; several,
//     and commits to several aggregates, are one atomic batch.
//   - Commits that wait for one another go together in one batch, each with its
//     own expectation, where that is faster.
//   - Each event names the one before it, so the events of an aggregate are a
//     chain, and a read that misses one notices.
//   - An aggregate is read in two round trips, however long the stream is.
//   - A commit whose answer was lost is asked about until it is known what became
//     of it; only if the context ends first is there an [UnknownOutcomeError].
//
// The stream may be on one server or replicated; the same code runs against
// both, and against the server of package embedded.
package jetstream
