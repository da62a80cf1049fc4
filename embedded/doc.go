// Package embedded runs a nats-server with JetStream inside the process, for
// tests and for programs that are one binary.
//
//	srv, err := embedded.Start(embedded.Config{Dir: "data"})
//	if err != nil {
//		return err
//	}
//	defer srv.Close()
//	nc, err := nats.Connect("", nats.InProcessServer(srv)) // through memory
//	if err != nil {
//		return err
//	}
//	defer nc.Close()
//	events, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{})
//
// A server that cannot recover a stream of its directory, because its key is
// wrong or missing or a file is damaged, does not start: a [NotRecoveredError]
// says which and why, and the stream stays as it is.
//
// # Lost ends
//
// A nats-server whose files are lost or damaged starts all the same: after the
// loss of its block files or of a stream's folder it has fewer events, or none,
// and gives their positions to new ones. So a server keeps a witness of where
// the log of each event store ends, in witness.json beside the streams: the id
// of the store, the position and time of its last event, and the number of
// events. It is written at Close, and at most a second after what it
// says. If a store lacks any of it, Start fails with a [LostEndError], in most cases before
// anything is written. Config.AcceptLoss gives up what is missing.
//
// The witness claims only what is on the disk, so that neither the end of the
// process nor a power cut is taken for a loss. With Config.LazySync it says what
// was synced, which it does itself each two minutes (or as often as Options sets
// SyncInterval) and at Close: what a power cut takes of the time since is no
// error, for that is what LazySync means. Before the first two minutes are over,
// or Close, a new store has no witness.
//
// What it does not see:
//
//   - Damage to a block that is not read at the start, unless Config.Verify asks
//     for it. A server that was closed has an index, and looks at few blocks: a
//     damaged message is an error of the reader that comes to it. Where a
//     sequence is damaged, a nats-server may use up the memory of the machine.
//   - A witness that was lost with the events, or restored from the same older
//     copy; a missing or damaged one is logged and written again.
//   - Streams that are no event stores, and those of the members of a cluster or
//     super-cluster: others tell a member which streams it has, and one that was
//     emptied gets them back. A loss of an account that a resolver brings is
//     only logged.
//
// A store that is deleted through the API is no loss, unless the process is
// killed within the second: then Config.AcceptLoss says so.
//
// A [Cluster] is several such servers in one process, joined over loopback, for
// tests of what happens when one of them is gone.
package embedded
