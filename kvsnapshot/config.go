package kvsnapshot

import (
	"fmt"
	"time"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// Config says where snapshots are kept, and when one is taken. The zero Config
// is the bucket SNAPSHOTS with one replica on disk, and a snapshot each 100
// events, as JSON.
type Config struct {
	// Bucket is the name of the bucket: letters, digits, '-' and '_'. Default
	// "SNAPSHOTS".
	Bucket string

	// Storage says how the bucket keeps snapshots.
	Storage Storage

	// Policy says when a snapshot is taken. Default each 100 events. For a store
	// that takes none set LoadOnly: the zero policy is the default here.
	Policy core.SnapshotPolicy

	// LoadOnly makes a store that loads the snapshots of other programs and takes
	// none, whatever Policy is.
	LoadOnly bool

	// Codec encodes states. Default [codec.JSON]. Each snapshot records its
	// codec; the store reads those of [codec.JSON], [codec.MessagePack] and Codec.
	Codec codec.Codec

	// Compression makes snapshots smaller. Default [NoCompression]. Each snapshot
	// records its compression, so it can be changed at any time.
	Compression Compression

	// Domain is the JetStream domain, for a server that is reached through a leaf
	// node. Default none.
	Domain string

	// Timeout bounds Open and each request to the bucket, even if the context has a
	// later deadline. Default 5 s. A repository has a bound of its own, a fraction of a
	// second: a command must not wait long for a cache.
	Timeout time.Duration

	// MaxSize is how many bytes an encoded state may have, before compression. Default
	// 256 MiB. One that is over the size of a message is stored in several. The state of
	// an aggregate may have 4 MiB, in 16 messages, so that commands do not wait for
	// more.
	MaxSize int64
}

// Storage says how a bucket keeps snapshots. [Open] creates the bucket with it,
// or checks the bucket that exists. The zero Storage is one replica on disk,
// without limits.
type Storage struct {
	// TTL is how long a snapshot is kept after it was taken, at least 100 ms. Zero
	// keeps it until a newer one replaces it; nothing replaces those of a store of
	// events, a schema or a kind that is not used any more. A bucket that exists must
	// have the same.
	TTL time.Duration

	// Replicas is the number of servers that hold the bucket. Default 1. A bucket
	// that exists may have more.
	Replicas int

	// Memory keeps the bucket in the memory of its servers. A bucket that exists
	// may be on disk.
	Memory bool

	// MaxBytes is the size at which a new bucket is full: it takes no snapshots of
	// further keys then. Zero means no limit. A bucket that exists may have any.
	MaxBytes int64
}

const (
	defaultEvery = 100                    // events
	minTTL       = 100 * time.Millisecond // the server's
)

// check returns cfg with its defaults, or a [ConfigError].
func (cfg Config) check() (Config, error) {
	cfg = cfg.withDefaults()
	var problems []string
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	s := cfg.Storage
	bad(!codec.IsPlain(cfg.Bucket) || len(cfg.Bucket) > 128, "Bucket %.64q is not a name of up to 128 letters, digits, '-' and '_'", cfg.Bucket)
	bad(s.TTL < 0 || s.TTL > 0 && s.TTL < minTTL, "Storage.TTL is %v, must be 0, or %v at least", s.TTL, minTTL)
	bad(s.Replicas < 0 || s.Replicas > 5, "Storage.Replicas is %d, must be 1 to 5", s.Replicas)
	bad(s.MaxBytes < 0, "Storage.MaxBytes is negative")
	bad(cfg.Codec.Name() == "" || len(cfg.Codec.Name()) > codec.MaxToken, "Codec has a name of %d bytes, must be 1 to %d", len(cfg.Codec.Name()), codec.MaxToken)
	bad(cfg.Compression > Zstd, "Compression is %v", cfg.Compression)
	bad(cfg.Domain != "" && !codec.IsPlain(cfg.Domain), "Domain %.64q is not one token of letters, digits, '-' and '_'", cfg.Domain)
	bad(cfg.Timeout < 0, "Timeout is negative")
	bad(cfg.MaxSize < 0, "MaxSize is negative")
	if problems != nil {
		return cfg, &ConfigError{Problems: problems}
	}
	return cfg, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Bucket == "" {
		cfg.Bucket = "SNAPSHOTS"
	}
	if cfg.Policy == (core.SnapshotPolicy{}) {
		cfg.Policy = core.SnapshotEvery(defaultEvery)
	}
	if cfg.LoadOnly {
		cfg.Policy = core.SnapshotPolicy{}
	}
	if cfg.Codec == nil {
		cfg.Codec = codec.JSON
	}
	if cfg.MaxSize == 0 {
		cfg.MaxSize = 256 << 20
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	return cfg
}
