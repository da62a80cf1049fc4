// Package kvsnapshot keeps snapshots in a NATS key-value bucket.
//
// A [Store] is a [core.SnapshotStore] for the repositories and projections of
// one or several event stores. It holds one value for each key, the latest
// snapshot, written by compare-and-swap so that a newer one is never lost to an
// older. A value names what it is of and carries a checksum over all of it: one
// that was damaged, cut off or moved to another key is a [CorruptError], never
// a wrong state.
//
// A load is one round trip. A snapshot that is taken costs two: what is stored
// is read, and what is newer is written.
package kvsnapshot
