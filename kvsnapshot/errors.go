package kvsnapshot

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNoJetStream is returned by [Open] when the server, or the account on it,
// has no JetStream.
var ErrNoJetStream = errors.New("server has no JetStream")

// ConfigError reports the fields of a [Config] that cannot be.
type ConfigError struct {
	Problems []string // each begins with the name of the field
}

func (e *ConfigError) Error() string { return "config: " + strings.Join(e.Problems, "; ") }

// BucketError reports a bucket that exists and cannot hold the snapshots that
// were asked for, with every setting that is not as it must be.
type BucketError struct {
	Bucket string
	Fields []FieldError
}

// FieldError is one setting of a bucket that is not as it must be.
type FieldError struct {
	Field     string // of the bucket's stream, as the server names it
	Got, Want string
}

func (e *BucketError) Error() string {
	wrong := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		wrong[i] = fmt.Sprintf("%s is %s, must be %s", f.Field, f.Got, f.Want)
	}
	return fmt.Sprintf("bucket %s exists and cannot hold the snapshots: %s", e.Bucket, strings.Join(wrong, "; "))
}

// CorruptError reports a stored value that is not a snapshot of its key as it
// was written. The next snapshot takes its place.
type CorruptError struct {
	Key string // in the bucket
	Err error  // what is wrong with the value
}

func (e *CorruptError) Error() string { return fmt.Sprintf("value of key %s %v", e.Key, e.Err) }

// Unwrap returns what is wrong with the value.
func (e *CorruptError) Unwrap() error { return e.Err }

// TooLargeError reports a snapshot over a limit of the server, of its bucket, or
// of this package. It was found before anything was sent.
type TooLargeError struct {
	Key         string // in the bucket
	Size, Limit int    // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("snapshot of %d bytes is over the limit of %d", e.Size, e.Limit)
}
