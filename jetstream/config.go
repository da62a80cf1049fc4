package jetstream

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/writer"
)

// Config says where the events of a store are, and how they are written. The
// zero Config is a store of its own: stream EVENTS, subjects under "events",
// one replica on disk, events as JSON.
type Config struct {
	// Stream is the name of the stream. Default "EVENTS".
	Stream string

	// Prefix is the first token of every subject: letters, digits, '-' and '_'.
	// Two stores of one account need different prefixes, and different names of
	// their streams. Default "events".
	Prefix string

	// Codec encodes the events that are committed. Default [codec.JSON]. Each
	// event records its codec, so it can be changed at any time.
	Codec codec.Codec

	// Codecs are further codecs for events that are read: [codec.JSON],
	// [codec.MessagePack] and Codec are always there.
	Codecs []codec.Codec

	// ExternalCodec decodes messages in the stream that this library did not
	// write. Nil makes them an error.
	ExternalCodec codec.Codec

	// MustExist opens a store that exists and never creates one: Open fails with
	// [ErrNoStore] if the server has no such stream. It is for every start but the
	// first. A server that cannot read a stream that is on its disk, for want of a
	// key or of a file, answers that there is none, and deletes what is there when
	// it is created; package embedded refuses to start then, other servers do not.
	MustExist bool

	// ReadOnly opens a store that exists and never writes to it: commits fail with
	// [ErrReadOnly]. A commit that lost its end is passed over, as ever, and left for another
	// store to close. For programs that only look, and for those without the right to write.
	ReadOnly bool

	// Replicas is how many servers hold the stream, if Open creates it. Default
	// 1. A stream that exists may have more, but not fewer than are asked for.
	Replicas int

	// Memory keeps the stream in the memory of its servers, if Open creates it.
	Memory bool

	// MaxBytes is the size at which the stream is full, if Open creates it. Zero
	// means no limit.
	MaxBytes int64

	// Compress keeps the stream compressed on disk, if Open creates it.
	Compress bool

	// Placement says which servers may hold the stream, if Open creates it. Nil
	// means any.
	Placement *jetstream.Placement

	// Domain is the JetStream domain of the store, for one that is reached through a
	// leaf node. Default the domain of the connected server. Stores in connected domains
	// need different prefixes.
	Domain string

	// LostPositions are those that are known to hold no message any more, as a
	// [HoleError] names them. The store is opened and read all the same; an aggregate
	// that has lost an event in its middle stays a [ChainError]. Default none: every
	// position without a message is an error.
	LostPositions []uint64

	// GroupCommit says whether commits that come while others are in flight wait
	// for them, to be sent together in one atomic batch in which each has its own
	// expectation. Default [GroupCommitAuto]. It changes no result, and a commit that
	// has no other beside it is sent at once in any case.
	GroupCommit GroupCommit

	// AckWait is how long a commit waits for the server's answer before it finds
	// out what became of it and sends it again. Default 5 s.
	AckWait time.Duration

	// Timeout bounds a commit, and each request of a read, whose context has no
	// deadline. Default 1 minute.
	Timeout time.Duration

	// MaxScans is how many loads over all aggregates read through consumers at the
	// same time, and how many subscriptions do, live models and workers among them.
	// Further ones wait: a load whose context has no deadline as long as Timeout
	// says, a subscription as long as its context lets it. Subscriptions take no place
	// of loads. A load has one consumer, or up to four for as many kinds of events, from
	// the beginning of its loop to the end, also while the body runs: a body that
	// itself loads over all aggregates needs a second place. A subscription has a place
	// while it reads history; the first two with filters keep theirs, the others share a
	// consumer of the store's for what is live. A stream has 1,000
	// consumers at most, for all programs. Zero means 100; the most is 125.
	MaxScans int

	// Logger receives the faults that the store recovers from by itself, and those of the
	// repositories, projections, reactors and read models on it. It never
	// receives payloads, metadata or credentials. Default [slog.Default].
	Logger *slog.Logger

	// Observer is told what the store does, and all that uses it. Package core/otel makes
	// one of OpenTelemetry. Default none.
	Observer *core.Observer
}

// maxScans loads and as many subscriptions, with four consumers each, have the 1,000
// that a stream has at most.
const maxScans = 125

// GroupCommit says when commits are sent together.
type GroupCommit = writer.GroupCommit

const (
	// GroupCommitAuto sends commits together where the store has measured that more
	// of them are acked a second that way: where an ack is slow, and many writers
	// commit at once. Commits of several events are always sent together on an
	// unreplicated stream on disk, where the server stages each batch on its own, one
	// after the other.
	GroupCommitAuto = writer.GroupCommitAuto
	// GroupCommitAlways lets every commit wait for the batch in flight.
	GroupCommitAlways = writer.GroupCommitAlways
	// GroupCommitNever sends each commit by itself.
	GroupCommitNever = writer.GroupCommitNever
)

// apiPrefix is what the subjects of JetStream's requests begin with.
func (cfg Config) apiPrefix() string {
	if cfg.Domain != "" {
		return "$JS." + cfg.Domain + ".API."
	}
	return "$JS.API."
}

// check returns cfg with its defaults, or a [ConfigError].
func (cfg Config) check() (Config, error) {
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&cfg.Stream, "EVENTS")
	def(&cfg.Prefix, "events")
	cfg.MustExist = cfg.MustExist || cfg.ReadOnly
	if cfg.Codec == nil {
		cfg.Codec = codec.JSON
	}
	if cfg.AckWait == 0 {
		cfg.AckWait = 5 * time.Second
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = time.Minute
	}
	if cfg.MaxScans == 0 {
		cfg.MaxScans = 100
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	var problems []string
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	bad(strings.ContainsAny(cfg.Stream, " \t\r\n.*>/\\") || len(cfg.Stream) > 255, "Stream %.64q is not a name for a stream", cfg.Stream)
	bad(!codec.IsPlain(cfg.Prefix) || len(cfg.Prefix) > 64, "Prefix %.64q is not one token of letters, digits, '-' and '_'", cfg.Prefix)
	bad(slices.Contains(cfg.Codecs, nil), "Codecs holds nil")
	bad(cfg.Replicas < 0 || cfg.Replicas > 5, "Replicas is %d, must be 1 to 5", cfg.Replicas)
	bad(cfg.MaxBytes < 0, "MaxBytes is negative")
	bad(cfg.Domain != "" && !codec.IsPlain(cfg.Domain), "Domain %.64q is not one token of letters, digits, '-' and '_'", cfg.Domain)
	bad(cfg.GroupCommit < GroupCommitAuto || cfg.GroupCommit > GroupCommitNever, "GroupCommit is %d, must be one of the constants", cfg.GroupCommit)
	bad(cfg.AckWait < 0, "AckWait is negative")
	bad(cfg.Timeout < 0, "Timeout is negative")
	bad(cfg.MaxScans < 0 || cfg.MaxScans > maxScans, "MaxScans is %d, must be 1 to %d", cfg.MaxScans, maxScans)
	if problems != nil {
		return cfg, &ConfigError{Problems: problems}
	}
	return cfg, nil
}
