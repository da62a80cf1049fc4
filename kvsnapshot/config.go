package kvsnapshot

import (
	"fmt"
	"time"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// Config says where snapshots are kept, and when one is taken. The zero Config
// is bucket SNAPSHOTS, one replica on disk, and a snapshot each 100 events, as
// JSON.
type Config struct {
	// Bucket is the name of the bucket: letters, digits, '-' and '_'. Default
	// "SNAPSHOTS".
	Bucket string

	// Policy says when a snapshot is taken. The zero policy, which by itself is
	// never, stands for each 100 events here: see LoadOnly.
	Policy core.SnapshotPolicy

	// LoadOnly loads the snapshots that others take and takes none, whatever
	// Policy says.
	LoadOnly bool

	// Codec encodes states. Default [codec.JSON]. Each snapshot records its
	// codec; [codec.JSON], [codec.MessagePack] and Codec can be read.
	Codec codec.Codec

	// Compression makes snapshots smaller. Default [NoCompression]. Each snapshot records
	// its compression, so it can be changed at any time.
	Compression Compression

	// TTL is how long a snapshot is kept after it was taken, 100 ms at least.
	// Zero keeps it until there is a newer one.
	TTL time.Duration

	// Replicas is how many servers hold the bucket, if Open creates it. Default
	// 1. A bucket that exists may have more, but not fewer than are asked for.
	Replicas int

	// Memory keeps the bucket in the memory of its servers, if Open creates it.
	Memory bool

	// MaxBytes is the size at which the bucket is full, if Open creates it. Zero
	// means no limit. A full bucket takes no snapshots of further keys.
	MaxBytes int64

	// Domain is the JetStream domain, for a server reached through a leaf node.
	// Default none.
	Domain string

	// Timeout bounds Open, each load, and each write of a snapshot, also where
	// the context has a later deadline: a cache must not hold a command up for
	// long. Default 5 s.
	Timeout time.Duration
}

const (
	defaultEvery = 100
	minTTL       = 100 * time.Millisecond // the server's
)

// check returns cfg with its defaults, or a [ConfigError].
func (cfg Config) check() (Config, error) {
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
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	var problems []string
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	bad(!codec.IsPlain(cfg.Bucket) || len(cfg.Bucket) > 128, "Bucket %.64q is not a name of up to 128 letters, digits, '-' and '_'", cfg.Bucket)
	bad(cfg.Codec.Name() == "" || len(cfg.Codec.Name()) > codec.MaxToken, "Codec has a name of %d bytes", len(cfg.Codec.Name()))
	bad(cfg.Compression > Zstd, "Compression is %v", cfg.Compression)
	bad(cfg.TTL < 0 || cfg.TTL > 0 && cfg.TTL < minTTL, "TTL is %v, must be 0, or %v at least", cfg.TTL, minTTL)
	bad(cfg.Replicas < 0 || cfg.Replicas > 5, "Replicas is %d, must be 1 to 5", cfg.Replicas)
	bad(cfg.MaxBytes < 0, "MaxBytes is negative")
	bad(cfg.Domain != "" && !codec.IsPlain(cfg.Domain), "Domain %.64q is not one token of letters, digits, '-' and '_'", cfg.Domain)
	bad(cfg.Timeout < 0, "Timeout is negative")
	if problems != nil {
		return cfg, &ConfigError{Problems: problems}
	}
	return cfg, nil
}
