// Package embedded runs a nats-server with JetStream inside the process, for
// tests and for programs that are one binary.
//
// A [Server] keeps its streams in a directory that no other server may use at
// the same time, syncs every write to disk before it acknowledges it, and opens
// no port unless asked to. Clients connect through memory:
//
//	srv, err := embedded.Start(embedded.Config{Dir: "data"})
//	…
//	defer srv.Close()
//	nc, err := nats.Connect("", nats.InProcessServer(srv))
//
// A server that cannot recover a stream of its directory, because its key is
// wrong or missing or a file is damaged, does not start: a [NotRecoveredError]
// says which and why, and the stream stays as it is.
//
// A [Cluster] is several such servers in one process, joined over loopback, for
// tests of what happens when one of them is gone.
package embedded
