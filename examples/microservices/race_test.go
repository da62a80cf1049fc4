//go:build race

package microservices_test

// raceEnabled says that the services are to be built with the race detector too.
const raceEnabled = true
