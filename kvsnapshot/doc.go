// Package kvsnapshot keeps snapshots of aggregates and projections in a NATS
// key-value bucket, so that loading one does not read all of its events.
//
//	snapshots, err := kvsnapshot.Open[string](ctx, nc, kvsnapshot.Config{
//		Policy: core.SnapshotEvery(100), // a snapshot each 100 events
//	})
//	if err != nil {
//		return err
//	}
//	accounts := core.NewRepository(events, account).WithSnapshots(snapshots)
//	_, err = accounts.Upsert(ctx, "ACC-001", Deposit{Amount: 100})
//	if err != nil {
//		return err
//	}
//	state, version, err := accounts.Load(ctx, "ACC-001") // the last snapshot, and the events after it
//
// A [Store] is a [core.SnapshotStore]; several repositories, projections and
// programs may share one bucket. It keeps one value for each key, the latest
// snapshot. A write is a compare-and-swap, so of the same events an older snapshot
// never replaces a newer one.
//
// A key is role.kind.id.schema.store, each part a token of [codec.EncodeToken]: of
// the aggregate "account" ACC-001, "aggregate.account.ACC-001.0.<store>". The id is
// "=" for a projection, which has none. Store is the identifier of the store of the
// events, so several stores of an account may share a bucket; a right to snapshots
// ends with a wildcard for it, as "$KV.SNAPSHOTS.projection.open-orders.=.0.*"; where
// states are large, with ".>". When
// a store is deleted and made anew its identifier is another one, and snapshots of
// the former store stay in the bucket, unused: [Storage] has a TTL against that, or
// delete the bucket, as all that it holds can be made again.
//
// A snapshot knows the layout of its state as the codec sees it: names, types and
// nesting. After a field was renamed the events are replayed, and a new snapshot takes the
// place of the old one. A type that encodes itself by methods counts by its name: what
// has changed inside needs another WithSchema, as does a field whose meaning has changed.
//
// A state that does not fit into a message is stored in chunks of up to 512 KiB under
// keys of their own, key.set.number, up to [Config].MaxSize. The value of the key, which
// knows the chunks, is written last; a writer that is killed leaves the snapshot that
// there was, and the next one removes its chunks. A reader sees one snapshot or the other,
// also while it is replaced. The encoded state is in memory once, beside the state;
// what is compressed, sent or read is there one chunk at a time. A writer needs the
// right to "$JS.API.STREAM.PURGE.KV_<bucket>" too, which the removal is.
//
// Live projections take snapshots beside the folding of events, so theirs may take long.
// The commands on an aggregate wait for theirs: its state may have 4 MiB, in 16 chunks,
// and what is over the bound of the repository is given up, as a killed writer's.
//
// A value holds its key and a checksum. A value that was damaged, truncated or
// copied to another key is a [CorruptError], never a wrong state.
//
// Loading a snapshot is one round trip. Taking one is two: the store reads the
// stored value before it replaces it. Each chunk is one more.
package kvsnapshot
