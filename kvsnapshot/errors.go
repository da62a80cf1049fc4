package kvsnapshot

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNoJetStream is returned by [Open] if the server, or the account, has no
// JetStream.
var ErrNoJetStream = errors.New("server has no JetStream")

// ConfigError reports every mistake in a [Config].
type ConfigError struct {
	Problems []string // each begins with the name of the field
}

func (e *ConfigError) Error() string { return "config: " + strings.Join(e.Problems, "; ") }

// BucketError reports a bucket that exists with settings that do not suit the
// [Config], with every such setting.
type BucketError struct {
	Bucket string
	Fields []FieldError
}

// FieldError reports one setting of a bucket.
type FieldError struct {
	Field     string // of the configuration of the bucket's stream: "max_age"
	Got, Want string
}

func (e *BucketError) Error() string {
	wrong := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		wrong[i] = fmt.Sprintf("%s is %s, must be %s", f.Field, f.Got, f.Want)
	}
	return fmt.Sprintf("bucket %s exists and cannot hold the snapshots: %s", e.Bucket, strings.Join(wrong, "; "))
}

// CorruptError reports a stored value that is not the snapshot that was written
// under its key. The next snapshot replaces it.
type CorruptError struct {
	Key string // in the bucket
	Err error  // what is wrong with the value
}

func (e *CorruptError) Error() string { return fmt.Sprintf("value of key %s %v", e.Key, e.Err) }

// Unwrap returns what is wrong with the value.
func (e *CorruptError) Unwrap() error { return e.Err }

// TooLargeError reports a state over [Config].MaxSize, or over what an aggregate may
// have, or a snapshot with more command ids than a message takes. It is not stored.
type TooLargeError struct {
	Key         string // in the bucket
	Size, Limit int    // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("snapshot of %d bytes is over the limit of %d", e.Size, e.Limit)
}
