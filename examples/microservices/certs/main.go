// Certs makes what the server needs for TLS: an authority, and a certificate for
// 127.0.0.1 and localhost that it vouches for.
//
//	go run ./examples/microservices/certs [-dir DIR]
//
// The directory gets ca.pem, which the services trust; server.pem; and
// server-key.pem, which only its owner can read. The key of the authority is
// kept nowhere, so nobody can make another certificate in its name. Nothing in
// the directory is for git, and a .gitignore says so.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	dir := flag.String("dir", "microservices-data", "`directory` for the certificates")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "certs:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	files, err := issue(time.Now())
	if err != nil {
		return err
	}
	if err := files.write(dir); err != nil {
		return err
	}
	fmt.Println("certificates are in", dir)
	return nil
}
