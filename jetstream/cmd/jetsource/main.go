// Jetsource is the operator's program of an event store: it shows what is in a log, checks
// it, tells how reactors do and steers them, and does what has to be done by hand. It needs no
// types of the application, reads only unless a command's help says otherwise, and takes NATS
// contexts and flags as the nats program does.
//
//	go install github.com/jetsource/jetsource/jetstream/cmd/jetsource@latest
//	jetsource help
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
