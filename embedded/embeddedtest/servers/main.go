// Servers is a server, and a cluster of three, in a process that ends when its input does.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/embedded/embeddedtest"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "servers:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	cfg := embedded.Config{Listen: "127.0.0.1:0"}
	single, err := embedded.Start(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, single.Close()) }()
	cluster, err := embedded.StartCluster(3, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	at := embeddedtest.Addresses{Single: single.URL()}
	for i := range 3 {
		at.Members = append(at.Members, cluster.Server(i).URL())
	}
	if err := json.NewEncoder(os.Stdout).Encode(at); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
