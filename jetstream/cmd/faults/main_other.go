//go:build !unix

package main

import (
	"fmt"
	"os"
)

// The servers of this program are paused by signals that only Unix has.
func main() {
	fmt.Fprintln(os.Stderr, "faults: needs Unix: it pauses and kills servers by signals")
	os.Exit(2)
}
