package jetstream

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

var (
	// ErrNoJetStream is returned by [Open] when the server, or the account on
	// it, has no JetStream.
	ErrNoJetStream = errors.New("server has no JetStream")

	// ErrNoStore is returned by [Open] when the server has no stream of that name
	// and the Config says that it must exist. Nothing was created.
	ErrNoStore = errors.New("store does not exist")

	// ErrReadOnly is returned by a commit of a store that was opened to be read only.
	ErrReadOnly = errors.New("store was opened read only")

	// ErrExternal is matched by the [MessageError] of a message that this library
	// did not write, in a store that is not configured to read such messages.
	ErrExternal = errors.New("message was written by another program")

	// ErrStoreFull is returned by a commit to a stream, account or server that
	// has reached its limit. Nothing was written; reads go on.
	ErrStoreFull = wire.ErrStoreFull
)

// ConfigError reports the fields of a [Config] with a value that they cannot have.
type ConfigError struct {
	Problems []string // each begins with the name of the field
}

func (e *ConfigError) Error() string { return "config: " + strings.Join(e.Problems, "; ") }

// ServerVersionError reports a server that is too old: it does not have atomic
// batches, or rejects valid ones over several aggregates, or is not safe for a
// replicated stream.
type ServerVersionError struct {
	Version  string // as the server gave it
	Replicas int    // of the stream, where an unreplicated one would be safe; else 0
}

func (e *ServerVersionError) Error() string {
	if e.Replicas > 0 {
		return fmt.Sprintf("server version %q is not supported for a stream with %d replicas: need 2.14.4 or later", e.Version, e.Replicas)
	}
	return fmt.Sprintf("server version %q is not supported: need 2.12.14 or later in 2.12, or 2.14.4 or later", e.Version)
}

// StreamConfigError reports a stream that exists and cannot hold events safely,
// with every setting that is not as it must be. [Open] returns it, and so does
// every commit while the configuration is not what it was when the stream was
// opened: then nothing is written, reads go on, and so do commits once the
// configuration is right again.
type StreamConfigError struct {
	Stream  string
	Fields  []FieldError
	Changed bool // since the store was opened
}

// FieldError is one setting of a stream that is not as it must be.
type FieldError struct {
	Field     string // as the server names it; "stream" for one that was deleted
	Got, Want string
}

// Is makes every such error match [core.ErrUnavailable].
func (e *StreamConfigError) Is(target error) bool { return target == core.ErrUnavailable }

func (e *StreamConfigError) Error() string {
	var b strings.Builder
	state := "exists"
	if e.Changed {
		state = "was changed"
	}
	fmt.Fprintf(&b, "stream %s %s and cannot hold events:", e.Stream, state)
	for i, f := range e.Fields {
		if i > 0 {
			b.WriteByte(';')
		}
		fmt.Fprintf(&b, " %s is %s, must be %s", f.Field, f.Got, f.Want)
	}
	return b.String()
}

// OverlapError reports that another stream of the account takes the subjects of the
// store: every event would be in both. Within a domain the server refuses to create
// such a stream. Streams in domains that are connected by leaf nodes it does not
// compare; give each domain a prefix of its own.
//
// [Open] returns it before it creates anything. So does every commit from the moment
// another stream has acked one of the store's: nothing more is written, and reads go
// on, until the store finds that the other stream is gone or not connected any more. A store
// that may not ask the other domain has to be opened again.
type OverlapError struct {
	Store  string // the stream of the store
	Prefix string // of the store's subjects
	Domain string // of the other stream; empty for the one without a name
	Stream string // the other stream; empty if the server did not say
}

// Is makes every such error match [core.ErrUnavailable].
func (e *OverlapError) Is(target error) bool { return target == core.ErrUnavailable }

func (e *OverlapError) Error() string {
	other := "another stream"
	if e.Stream != "" {
		other = "stream " + e.Stream
	}
	if e.Domain != "" {
		other += " of domain " + e.Domain
	}
	return fmt.Sprintf("stream %s cannot hold events: %s also has subjects under %s", e.Store, other, e.Prefix)
}

// MessageError reports a message in the stream that is no event of this store:
// which one, and what is wrong with it.
type MessageError struct {
	Sequence uint64
	Subject  string
	Err      error
}

func (e *MessageError) Error() string {
	return fmt.Sprintf("message %d on %s: %v", e.Sequence, e.Subject, e.Err)
}

// Unwrap returns what is wrong with the message.
func (e *MessageError) Unwrap() error { return e.Err }

// Is makes every such error match [core.ErrFinal]: the message stays in the log, until
// [Store.Strike] takes it out.
func (e *MessageError) Is(target error) bool { return target == core.ErrFinal }
