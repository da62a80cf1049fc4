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
// A [Cluster] is several such servers in one process, joined over loopback, for
// tests of what happens when one of them is gone.
package embedded
