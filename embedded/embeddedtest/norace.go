//go:build !race

package embeddedtest

const raced = false
