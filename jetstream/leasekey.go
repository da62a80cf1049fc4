package jetstream

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

const (
	// maxLeaseName is the length in bytes of the longest name of a lease. Encoded
	// it fits the server's limit of a subject, 4 KiB with what else is on the line.
	maxLeaseName = 3 * codec.MaxToken

	// emptyPart is the token of an empty part. It is that of no other: in a token
	// two digits follow each '='.
	emptyPart = "="
)

// leaseKey returns the key of a lease in its bucket: a token for each part of the
// name between dots. Different names have different keys. A name that is empty, or
// too long, is a [core.NameError].
func leaseKey(name string) (string, error) {
	if name == "" {
		return "", leaseNameError(name, errors.New("it is empty"))
	}
	if len(name) > maxLeaseName {
		return "", leaseNameError(name, fmt.Errorf("it has %d bytes, and at most %d are allowed", len(name), maxLeaseName))
	}
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if part == "" {
			parts[i] = emptyPart
			continue
		}
		token, err := codec.EncodeToken(part)
		if err != nil {
			return "", leaseNameError(name, err)
		}
		parts[i] = token
	}
	return strings.Join(parts, "."), nil
}

func leaseNameError(name string, err error) error {
	return &core.NameError{What: "lease", Name: name, Err: err}
}
