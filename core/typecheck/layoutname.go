package typecheck

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"strings"
)

// named returns the name of a type, with that of its package.
func named(t reflect.Type) string {
	if t.PkgPath() == "" {
		return t.String()
	}
	return t.PkgPath() + "." + t.Name()
}

// shorten returns a short text that stands for another one.
func shorten(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// KeptOptions returns the options of a tag that change how a field is written, not
// whether it is.
func KeptOptions(options string) string {
	kept := ""
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "", "omitempty", "omitzero", "inline", "noinline":
		default:
			kept += "," + option
		}
	}
	return kept
}
