//go:build race

package embeddedtest

const raced = true
