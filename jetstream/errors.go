package jetstream

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
	"github.com/jetsource/jetsource/jetstream/internal/writer"
)

var (
	// ErrNoJetStream is returned by [Open] when the server, or the account on
	// it, has no JetStream.
	ErrNoJetStream = errors.New("server has no JetStream")

	// ErrNoStore is returned by [Open] when the server has no stream of that name
	// and the Config says that it must exist. Nothing was created.
	ErrNoStore = errors.New("store does not exist")

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

// TooLargeError reports an event, or a commit, over a limit of the server. It
// was found before anything was sent. What is "header block", "message" or
// "subject", with Size and Limit in bytes, or "commit", with Size and Limit in
// events.
type TooLargeError = wire.TooLargeError

// ChainError reports that the events of an aggregate are not the unbroken chain
// that was committed: one is missing, a commit is torn, or another program wrote
// in between. The store has asked again, and the leader alone, before it returns
// it.
//
// Aggregate holds the subjects of the aggregate; After is the last position that
// was in order, 0 if none was; At is the position where the chain breaks, 0 if it
// ends too early; and Previous is the position that the event at At names as its
// predecessor.
type ChainError = wire.ChainError

// ReadError reports an answer of the server to a read that cannot be used, after
// the store has asked again. Status is what the server gave, 0 if the answer
// itself was broken; Description says what is wrong.
type ReadError = wire.ReadError

// RejectedError reports that the server refused a commit for a reason other than
// a conflict. Nothing was written. Code is JetStream's error code, and Description
// the server's text. The codes of a full store match [ErrStoreFull].
type RejectedError = wire.RejectedError

// HoleError reports positions that hold no message. The stream of a store keeps every
// message, so these were lost: the server drops without a word what it cannot read
// from a damaged file. [Open] returns it, and so does every scan and subscription.
// What it names can be accepted by Config.LostPositions.
//
//   - Stream is the name of the stream.
//   - Count is how many positions hold no message.
//   - Positions are the first hundred of them.
type HoleError = wire.HoleError

// LostEndError reports a log that no longer holds what the store has seen in it: a server
// that is not synced came back from a loss of power without its end, or a backup was
// put in its place. What the program keeps in memory is of another log, so from then on
// every call of the store returns the error, subscriptions end with it, and with them
// live models and workers. Open the store again, and begin anew from what it holds.
//
//   - Stream is the name of the stream.
//   - Position was acked or read, and now holds another commit, or nothing.
type LostEndError = wire.LostEndError

// DivergedError reports that two servers of a replicated stream hold different messages at
// one position. Servers that are not synced can come to that when all of them lose power at
// once, and they go on like that: no client can mend it, and which of them leads changes.
// The store compares what a replica answers with what the leader has at the end of it: a load
// then asks another replica, and fails only if all of a few differ; a scan fails. Both are
// logged. Where servers differ further back it is mostly a [ChainError], and a scan may not notice. An
// administrator has to choose a server, and have the others copy it: see the documentation
// of the package.
//
//   - Stream is the name of the stream.
//   - Position holds another message on another server.
type DivergedError = wire.DivergedError

// PermissionError reports that the server denied the connection's user to publish
// to a subject of a commit, its Subject. It matches [nats.ErrPermissionViolation].
//
// Of a commit of several events the server mostly says that a message is missing:
// then nothing was written. Otherwise it says nothing, and the error comes in an
// [UnknownOutcomeError]: nothing was written, unless the user's rights changed at
// that very moment.
type PermissionError = conn.PermissionError

// UnknownOutcomeError reports a commit that was sent, and of which the store did
// not find out in time whether it was recorded: it may be, now or later. It
// holds what [Store.Resolve] needs to ask again. It matches
// [core.ErrUnknownOutcome], and Err.
//
// CommitID is recorded with each event of the commit; Parts are the aggregates of
// the commit; Err is why the store stopped asking, mostly that the context ended.
type UnknownOutcomeError = writer.UnknownOutcomeError

// UnknownPart is what an [UnknownOutcomeError] says of one aggregate: Aggregate
// holds its subjects, Expected is the position the commit was made on, 0 for none,
// Count is the number of messages, and Guard says that none of them is the aggregate's.
type UnknownPart = writer.UnknownPart
