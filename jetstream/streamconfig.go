package jetstream

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// format is that of what is in the stream.
const format = "2"

// streamConfig is the stream that Open creates: it keeps everything, in order,
// for ever.
func streamConfig(cfg Config) jetstream.StreamConfig {
	sc := jetstream.StreamConfig{
		Name:               cfg.Stream,
		Subjects:           []string{cfg.Prefix + ".*.*.*"},
		Retention:          jetstream.LimitsPolicy,
		Discard:            jetstream.DiscardNew,
		MaxMsgs:            -1,
		MaxMsgsPerSubject:  -1,
		MaxBytes:           -1,
		MaxMsgSize:         -1,
		Replicas:           max(cfg.Replicas, 1),
		DenyDelete:         true,
		DenyPurge:          true,
		AllowDirect:        true,
		AllowAtomicPublish: true,
		Duplicates:         2 * time.Minute,
		Placement:          cfg.Placement,
		Metadata:           map[string]string{wire.MetaStoreID: rand.Text(), wire.MetaFormat: format},
	}
	if cfg.Memory {
		sc.Storage = jetstream.MemoryStorage
	}
	if cfg.MaxBytes > 0 {
		sc.MaxBytes = cfg.MaxBytes
	}
	if cfg.Compress {
		sc.Compression = jetstream.S2Compression
	}
	return sc
}

// checkStream returns a [StreamConfigError] with every setting by which the
// stream could lose, hide or reorder events, or refuse commits.
func checkStream(info *jetstream.StreamInfo, cfg Config) error {
	c := info.Config
	var fields []FieldError
	must := func(ok bool, field string, got, want any) {
		if !ok {
			fields = append(fields, FieldError{field, fmt.Sprint(got), fmt.Sprint(want)})
		}
	}
	exact := []string{cfg.Prefix + ".*.*.*"}
	must(slices.Equal(c.Subjects, exact) || slices.Equal(c.Subjects, []string{cfg.Prefix + ".>"}), "subjects", c.Subjects, exact)
	must(c.Storage == jetstream.FileStorage || cfg.Memory, "storage", c.Storage, jetstream.FileStorage)
	must(c.Retention == jetstream.LimitsPolicy, "retention", c.Retention, jetstream.LimitsPolicy)
	must(c.Discard == jetstream.DiscardNew, "discard", c.Discard, jetstream.DiscardNew)
	must(!c.DiscardNewPerSubject, "discard_new_per_subject", true, false)
	must(c.MaxAge == 0, "max_age", c.MaxAge, 0)
	must(c.MaxMsgs <= 0, "max_msgs", c.MaxMsgs, -1)
	must(c.MaxMsgsPerSubject <= 0, "max_msgs_per_subject", c.MaxMsgsPerSubject, -1)
	must(c.Replicas >= cfg.Replicas, "num_replicas", c.Replicas, fmt.Sprintf("%d or more", cfg.Replicas))
	must(!c.NoAck, "no_ack", true, false)
	must(!c.Sealed, "sealed", true, false)
	must(c.DenyDelete, "deny_delete", false, true)
	must(c.DenyPurge, "deny_purge", false, true)
	must(!c.AllowRollup, "allow_rollup_hdrs", true, false)
	must(c.AllowDirect, "allow_direct", false, true)
	must(!c.MirrorDirect, "mirror_direct", true, false)
	must(c.AllowAtomicPublish, "allow_atomic", false, true)
	must(!c.AllowMsgTTL, "allow_msg_ttl", true, false)
	must(c.SubjectDeleteMarkerTTL == 0, "subject_delete_marker_ttl", c.SubjectDeleteMarkerTTL, 0)
	must(!c.AllowMsgCounter, "allow_msg_counter", true, false)
	must(!c.AllowMsgSchedules, "allow_msg_schedules", true, false)
	must(c.PersistMode == jetstream.DefaultPersistMode, "persist_mode", c.PersistMode, jetstream.DefaultPersistMode)
	must(c.Mirror == nil, "mirror", "set", "none")
	must(len(c.Sources) == 0, "sources", len(c.Sources), "none")
	must(c.SubjectTransform == nil, "subject_transform", "set", "none")
	must(c.RePublish == nil, "republish", "set", "none")
	if f, ok := c.Metadata[wire.MetaFormat]; ok {
		must(f == format, "metadata "+wire.MetaFormat, f, format)
	}
	if fields != nil {
		return &StreamConfigError{Stream: c.Name, Fields: fields}
	}
	return nil
}

// CheckStream returns a [StreamConfigError] with every setting by which a stream could lose,
// hide or reorder events, or refuse commits; nil for one that Open takes. Of the Config it
// looks at Prefix, Memory and Replicas.
func CheckStream(info *jetstream.StreamInfo, cfg Config) error {
	cfg, err := cfg.check()
	if err != nil {
		return err
	}
	return checkStream(info, cfg)
}

// CheckServer returns a [ServerVersionError] for a server of a version on which a store
// with so many replicas cannot be kept; nil for one that Open takes.
func CheckServer(version string, replicas int) error { return checkServerVersion(version, replicas) }

// checkFound returns why a stream that exists cannot hold events safely, or not on a
// server of this version.
func checkFound(info *jetstream.StreamInfo, cfg Config, version string) error {
	if err := checkStream(info, cfg); err != nil {
		return err
	}
	return checkServerVersion(version, info.Config.Replicas)
}

// storeID identifies the events of a stream: a stream that was deleted and made
// again is another store.
func storeID(info *jetstream.StreamInfo) string {
	if id := info.Config.Metadata[wire.MetaStoreID]; id != "" {
		return id
	}
	return fmt.Sprintf("%s@%d", info.Config.Name, info.Created.UnixNano())
}

// checkServerVersion refuses servers without atomic batches, and those that
// reject valid batches over several aggregates. For a replicated stream it also
// refuses those whose new leader can take a proposal of the one before it, which was
// checked against another version of the aggregate.
func checkServerVersion(version string, replicas int) error {
	number, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), "-")
	var v [3]int
	for i, part := range strings.SplitN(number, ".", 3) {
		n, err := strconv.Atoi(part)
		if err != nil {
			return &ServerVersionError{Version: version}
		}
		v[i] = n
	}
	since := func(want ...int) bool { return slices.Compare(v[:], want) >= 0 }
	switch {
	case since(2, 14, 4):
		return nil
	case !since(2, 12, 14) || since(2, 13, 0):
		return &ServerVersionError{Version: version}
	case replicas > 1:
		return &ServerVersionError{Version: version, Replicas: replicas}
	}
	return nil
}
