package fold

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Hash identifies the kinds of a table: a state folded from other kinds is
// another state.
func Hash(kinds []string) string {
	sum := sha256.Sum256([]byte(strings.Join(kinds, "\n")))
	return hex.EncodeToString(sum[:8])
}
