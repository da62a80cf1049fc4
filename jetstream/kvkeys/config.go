package kvkeys

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/codec"
)

// Config says where keys are kept. The zero Config is the bucket SUBJECTKEYS with one
// replica on disk.
type Config struct {
	// Bucket is the name of the bucket: letters, digits, '-' and '_'. Default
	// "SUBJECTKEYS".
	Bucket string

	// MustExist opens a bucket that exists and never creates one: Open fails with
	// [ErrNoBucket] if there is none. It is for every start but the first, since what was
	// sealed with the keys of a bucket that is gone cannot be read by those of a new one.
	MustExist bool

	// Replicas is how many servers hold the bucket. Default 1. A bucket that exists may
	// have more. It should be that of the store of events: without keys no event is read.
	Replicas int

	// Memory keeps the bucket in the memory of its servers, for tests: with the last
	// server all that was sealed is lost.
	Memory bool

	// Domain is the JetStream domain, for a server that is reached through a leaf node.
	// Default none.
	Domain string

	// Timeout bounds Open. Default 5 s.
	Timeout time.Duration
}

// check returns cfg with its defaults, or a [ConfigError].
func (cfg Config) check() (Config, error) {
	if cfg.Bucket == "" {
		cfg.Bucket = "SUBJECTKEYS"
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
	bad(cfg.Replicas < 0 || cfg.Replicas > 5, "Replicas is %d, must be 1 to 5", cfg.Replicas)
	bad(cfg.Domain != "" && !codec.IsPlain(cfg.Domain), "Domain %.64q is not one token of letters, digits, '-' and '_'", cfg.Domain)
	bad(cfg.Timeout < 0, "Timeout is negative")
	if problems != nil {
		return cfg, &ConfigError{Problems: problems}
	}
	return cfg, nil
}

// history is how many values of a key the server keeps until the former ones are
// overwritten, which is at once: the server must not remove them without.
const history = 64

// stream returns the configuration of the bucket's stream. It is that of a key-value
// bucket that allows to delete messages.
func (cfg Config) stream() jetstream.StreamConfig {
	c := jetstream.StreamConfig{
		Name:              "KV_" + cfg.Bucket,
		Description:       "keys of subjects: back it up apart from the events",
		Subjects:          []string{"$KV." + cfg.Bucket + ".>"},
		MaxMsgsPerSubject: history,
		MaxBytes:          -1,
		MaxMsgs:           -1,
		MaxMsgSize:        -1,
		MaxConsumers:      -1,
		Discard:           jetstream.DiscardNew,
		AllowRollup:       true,
		Replicas:          max(cfg.Replicas, 1),
	}
	if cfg.Memory {
		c.Storage = jetstream.MemoryStorage
	}
	return c
}

// checkStream returns a [BucketError] with every setting by which a stream could lose keys,
// keep those that were destroyed, or answer with old ones.
func checkStream(c jetstream.StreamConfig, cfg Config) error {
	var wrong []string
	must := func(ok bool, field string, got, want any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s is %v, must be %v", field, got, want))
		}
	}
	want := cfg.stream()
	must(slices.Equal(c.Subjects, want.Subjects), "subjects", c.Subjects, want.Subjects)
	must(c.Storage == jetstream.FileStorage || cfg.Memory, "storage", c.Storage, jetstream.FileStorage)
	must(c.Retention == jetstream.LimitsPolicy, "retention", c.Retention, jetstream.LimitsPolicy)
	must(c.MaxMsgsPerSubject >= history, "max_msgs_per_subject", c.MaxMsgsPerSubject, fmt.Sprintf("%d or more", history))
	must(c.MaxMsgs <= 0, "max_msgs", c.MaxMsgs, "unlimited")
	must(c.MaxBytes <= 0 || c.Discard == jetstream.DiscardNew, "discard", c.Discard, jetstream.DiscardNew)
	must(c.MaxAge == 0, "max_age", c.MaxAge, 0)
	must(c.Replicas >= cfg.Replicas, "num_replicas", c.Replicas, fmt.Sprintf("%d or more", cfg.Replicas))
	must(c.Compression == jetstream.NoCompression, "compression", c.Compression, jetstream.NoCompression)
	must(!c.AllowDirect, "allow_direct", true, false)
	must(!c.DenyDelete, "deny_delete", true, false)
	must(!c.NoAck, "no_ack", true, false)
	must(!c.Sealed, "sealed", true, false)
	must(c.Mirror == nil, "mirror", "set", "none")
	must(len(c.Sources) == 0, "sources", len(c.Sources), "none")
	must(c.RePublish == nil, "republish", "set", "none")
	must(c.SubjectTransform == nil, "subject_transform", "set", "none")
	if wrong != nil {
		return &BucketError{Bucket: cfg.Bucket, Problems: wrong}
	}
	return nil
}

// ErrNoBucket is returned by [Open] with Config.MustExist where there is no bucket.
var ErrNoBucket = errors.New("there is no such bucket")

// ConfigError reports every mistake in a [Config].
type ConfigError struct {
	Problems []string // each begins with the name of the field
}

func (e *ConfigError) Error() string { return "config: " + strings.Join(e.Problems, "; ") }

// BucketError reports a bucket that exists with settings that do not suit keys, with every
// such setting.
type BucketError struct {
	Bucket   string
	Problems []string // each begins with the name of the setting: "max_age is 1h, must be 0"
}

func (e *BucketError) Error() string {
	return fmt.Sprintf("bucket %s exists and cannot hold keys: %s", e.Bucket, strings.Join(e.Problems, "; "))
}
