// Package wire is what a store puts on the wire and reads from it: subjects,
// headers, requests, and the answers of the server. It holds data alone: nothing
// here sends, waits or starts a goroutine.
package wire
