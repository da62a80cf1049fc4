//go:build !linux

package embedded

import (
	"math"
	"os"
)

// memoryFolder returns a folder in memory; empty if there is none.
func memoryFolder() string { return "" }

// room returns how many bytes are free in a folder: unknown, so all there is; none if it is not there.
func room(dir string) uint64 {
	if _, err := os.Stat(dir); err != nil {
		return 0
	}
	return math.MaxUint64
}
