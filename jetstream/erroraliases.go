package jetstream

import (
	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
	"github.com/jetsource/jetsource/jetstream/internal/writer"
)

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
