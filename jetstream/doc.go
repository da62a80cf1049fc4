// Package jetstream is the event store of package core on NATS JetStream.
//
//	nc, err := nats.Connect("tls://…")
//	if err != nil {
//		return err
//	}
//	defer nc.Close()
//	store, err := jetstream.Open[string, core.NoMetadata](ctx, nc, jetstream.Config{Replicas: 3})
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//	accounts := core.NewRepository(store, account).WithRetries(3)
//
// A [Store] keeps its events in one stream, on subjects
// <prefix>.<event kind>.<aggregate kind>.<id>. The sequence of the stream is the
// position of an event, and orders all events of the store.
//
//   - A commit is compare-and-swap: its events are recorded only if the aggregate
//     is at the version they were decided on. One event is one publish; several,
//     and commits to several aggregates, are one atomic batch.
//   - A commit without events is a guard: a message of the batch, on
//     <prefix>._guard._guard.guards, that expects the version of an aggregate and is none
//     of its events. So what was only read is still so when the rest is recorded.
//   - Commits of many writers share batches, each with its own expectation, where
//     that is faster: see [GroupCommit].
//   - Each event names the one before it, so the events of an aggregate are a
//     chain, and a read that misses one notices.
//   - An aggregate is read in two round trips, three within one machine, however long the
//     stream is, and in one more for each further page, of up to 500 events. One of up to a
//     thousand events with very many others between them is read event by event, from the
//     last to the first, where that is faster.
//   - When an ack is lost, the store finds out the outcome of the commit; only if it
//     cannot, because the context ends first or it may not ask, does the caller get an
//     [UnknownOutcomeError].
//
// The stream may be on one server or replicated; the same code runs against
// both, and against the server of package embedded.
//
// For readers of the code: a commit goes from Repository in package core (execute.go,
// record.go, mappedcommit.go) through commit.go and encode.go to internal/writer (append.go,
// batcher.go, batch.go, writer.go, settle.go) and internal/conn (publish.go). What happens
// when its ack is lost is in internal/writer: append.go, resolve.go, unknown.go. A load goes
// from core (load.go) through load.go and query.go to internal/reader (aggregate.go,
// replicas.go, heads.go, pages.go, cursor.go) and internal/wire (chain.go).
//
// # When servers fail
//
// After the crash of a process, of the program or of any servers, everything that
// was acked is there, once. A commit under way is recorded whole or not at all.
//
// After the crash of a machine the same holds if the server syncs each write
// (sync_interval: always; package embedded does so by default). Otherwise one
// server loses up to two minutes of acked events, and three lose them if their
// machines fail together. They can lose more: each server has lost another part, of the
// stream and of the raft log, and a server keeps what it has and passes over what the
// leader sends for those positions. So afterwards servers can hold different messages at
// one position, for good, or one of them may not catch up and commits may not be acked for
// minutes. No client can mend that. A store returns a [DivergedError] or a [ChainError]
// where it notices, and an [UnknownOutcomeError] or [core.ErrUnavailable] for a call that
// does not end in its time; a read that notices nothing may be of either branch. An
// administrator chooses the server whose log is to stay, has the stream on it alone
// (num_replicas: 1, after the others were removed as peers), and replicates it again. Where
// that is too much, set sync_interval: always on all three servers, or have them fail
// apart: on other power supplies and hosts.
//
// In a partition the side with two of three servers goes on after an election,
// mostly within 5 to 10 seconds. A client on the other side cannot commit, and may
// load a state that is some 20 seconds old. When the partition heals, a stream has
// two leaders for a moment: the new one may have recorded what the old one denies,
// so the store does not trust such a denial before the log confirms it.
//
// Every reader sees commits whole. Not promised are linearizable reads, times that
// never step back, and events that outlive damaged disks, the removal of servers
// during faults, or a backup older than they are.
//
// # When the log is damaged
//
// A commit of several events that lost its end, by a loss of power or for want of
// space, is void: readers pass over it, and its aggregates go on from the version
// before. A store looks at the end of the log when it opens, and before it writes again after
// its connection came back or a publish was not answered, and names such a commit by an entry for each aggregate it has
// reached. That needs the right to publish on <prefix>._void.<aggregate kind>.*, which
// a right to <prefix>.*.<aggregate kind>.* includes.
//
// A position that holds no message is a [HoleError]: of [Open], of scans and of
// subscriptions. An aggregate that lost an event is a [ChainError].
//
// A log that no longer holds what a store has seen in it ends the store with a
// [LostEndError], since what the program keeps in memory is of another log.
//
// An administrator can have readers pass over a message that another program wrote by
// mistake, or an event that cannot be decoded: see [Store.Strike] and [Store.Gaps].
// Give only administrators the right to publish on <prefix>._struck.>.
//
// # More than one stream
//
// All commits of a store pass through the leader of its stream, and each server
// holds all of it. Kinds of aggregates that do not share commits can be in different
// stores, each with a stream and a prefix of its own. The memory for subjects (one
// for each aggregate and kind of event) and the time of a server's restart grow with
// the stream; the load of a small aggregate does not.
//
// # Hub and edge
//
// An application at the edge reaches the store of the hub through a leaf node: its
// Config.Domain is the hub's JetStream domain. Give each domain a prefix of its own,
// such as "hub" and "edge7"; the names of the streams may be the same. A message is
// taken by every stream of the account that has its subject, in all domains that are
// connected, and each of them acks it. A store counts only the acks of its own domain.
// Where subjects overlap all the same, Open and commits fail with an [OverlapError] that
// names the other stream and its domain. Open finds what the connected server has;
// another overlap is found by its first ack, when one commit is in both streams.
//
// # Settings of the stream
//
// A store checks its stream's settings when the connection comes back, and about
// every 5 seconds while it is used. While they could lose events, commits are refused
// with a [StreamConfigError]; reads go on. Give no program the right to update or
// delete the stream.
//
// # On the wire
//
// An event is one message. Its subject is made of tokens: letters, digits, '-' and
// '_' stand for themselves, '.' becomes '/', every other byte =XX. The event
// account.deposited of ACC-001 is at events.account/deposited.account.ACC-001. Kinds
// that begin with '_' are the library's own. The headers are:
//
//	Content-Type  how the event is encoded
//	Es-Commit     commit id, events in the parts before, index/count in the part, messages of the whole
//	              commit, version committed on
//	Es-Command    the command id, as a token, if there is one
//	Es-Correlation, Es-Causation
//	              the ids of core.Origin, as tokens, if there are any
//	traceparent, tracestate
//	              the trace of which the commit was part, as W3C Trace Context has it, if there is one
//	Es-Metadata   the metadata, as JSON on one line, if there is any. An event whose
//	              metadata is not of the store's type M comes with a MetadataErr
//	Es-Metadata-Version
//	              how many layouts of the metadata came before, if any: see core.MetadataHistory
//	Es-Time       of a message that jetsource restored or copied: when it was first recorded, in RFC
//	              3339. It is the time of the event; that of the message is when it was restored
//	Es-Copied-From
//	              of a message that jetsource copied: its position in the log it was copied from
//
// What readers pass over is named by the last message on <prefix>._void.<aggregate
// kind>.<id> and on <prefix>._struck.<aggregate kind>.<id>: a JSON list of objects with
// from and to, and commit or reason and time.
//
// The entries of the library's own are on <prefix>.<entry kind>.<kind>.<id>. Of an aggregate:
// _void and _struck, as above. Of no aggregate: the guard, of which the text above tells. Of a
// key of their own, whose kind begins with "_": those of unique values (_unique), of
// command ids of transactions (_transaction), and of a reactor (_reactor-<name>), of which one
// has the progress of each partition, its timers, what it has parked, and what was asked of it.
//
// The metadata of the stream holds es.store_id and es.format, which is 2. A stream that
// Open created also has the thresholds of nats server check stream: io.nats.monitor.enabled,
// peer-expect in a cluster, and peer-lag-critical and peer-seen-critical of replicas. An
// administrator that changes the number of replicas changes peer-expect too.
package jetstream
