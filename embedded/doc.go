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
// A [Server] locks its directory against other servers, syncs every write to disk
// before it acknowledges it, and opens no port unless Config.Listen is set.
//
// A [Cluster] is several such servers in one process, joined over loopback. It is
// for tests of what happens when one of them is lost.
package embedded
