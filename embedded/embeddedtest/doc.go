// Package embeddedtest starts the servers that the tests of a package share: one server, and
// a cluster of three.
//
//	func TestMain(m *testing.M) {
//		servers, err := embeddedtest.Start()
//		if err != nil {
//			log.Fatal(err)
//		}
//		code := m.Run()
//		if err := servers.Close(); err != nil {
//			log.Fatal(err)
//		}
//		os.Exit(code)
//	}
//
// A test connects with nats.InProcessServer(servers.Single).
//
// With the race detector the servers run in a process of their own that is built without it:
// a server is not what is tested, and would take five times as long. Otherwise they run in
// the process of the test.
package embeddedtest
