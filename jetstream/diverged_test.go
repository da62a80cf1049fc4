package jetstream_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minio/highwayhash"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// rewriteBlock replaces bytes in the messages of a block of the stream EVENTS, from a
// position on. The server then holds other messages, and reads them without complaint.
func rewriteBlock(t *testing.T, msgs string, from uint64, old, replacement string) {
	t.Helper()
	require.Len(t, replacement, len(old))
	path := filepath.Join(msgs, "1.blk")
	block, err := os.ReadFile(path)
	require.NoError(t, err)
	key := sha256.Sum256([]byte("EVENTS-1"))
	hash, err := highwayhash.NewDigest64(key[:])
	require.NoError(t, err)
	const head, sum = 22, 8 // bytes of a record before its subject, and of the checksum at its end
	for at := 0; at < len(block); {
		length := int(binary.LittleEndian.Uint32(block[at:]) &^ (1 << 31))
		record := block[at : at+length]
		at += length
		if binary.LittleEndian.Uint64(record[4:]) < from {
			continue
		}
		copy(record[head:], bytes.ReplaceAll(record[head:length-sum], []byte(old), []byte(replacement)))
		subject := head + int(binary.LittleEndian.Uint16(record[20:]))
		hash.Reset()
		for _, part := range [][]byte{record[4:20], record[head:subject], record[subject+4 : length-sum]} {
			_, _ = hash.Write(part)
		}
		copy(record[length-sum:], hash.Sum(nil))
	}
	require.NoError(t, os.WriteFile(path, block, 0o600))
	require.NoError(t, os.Remove(filepath.Join(msgs, "index.db")))
}

// lastInBlock returns the position of the last message in a block of the stream EVENTS.
func lastInBlock(t *testing.T, msgs string) (last uint64) {
	t.Helper()
	block, err := os.ReadFile(filepath.Join(msgs, "1.blk"))
	require.NoError(t, err)
	for len(block) > 0 {
		last = binary.LittleEndian.Uint64(block[4:])
		block = block[binary.LittleEndian.Uint32(block)&^(1<<31):]
	}
	return last
}

// cutFromBlock removes the messages at some positions from a block of the stream EVENTS: what is
// left is sound.
func cutFromBlock(t *testing.T, msgs string, from, to uint64) {
	t.Helper()
	path := filepath.Join(msgs, "1.blk")
	block, err := os.ReadFile(path)
	require.NoError(t, err)
	var rest []byte
	for len(block) > 0 {
		length := int(binary.LittleEndian.Uint32(block) &^ (1 << 31))
		if seq := binary.LittleEndian.Uint64(block[4:]); seq < from || seq > to {
			rest = append(rest, block[:length]...)
		}
		block = block[length:]
	}
	require.NoError(t, os.WriteFile(path, rest, 0o600))
	require.NoError(t, os.Remove(filepath.Join(msgs, "index.db")))
}

// divergedCluster is a cluster of which member 2 holds other messages than the others, as after a
// loss of power without a sync.
type divergedCluster struct {
	t *testing.T
	*embedded.Cluster
	log logRecorder
}

func (c *divergedCluster) start(dir string) {
	var err error
	c.Cluster, err = embedded.StartCluster(3, embedded.Config{Dir: dir, LazySync: true, Name: "diverged"})
	require.NoError(c.t, err)
}

// open opens a store by one of the members, which answers the reads of aggregates.
func (c *divergedCluster) open(member int) *plainStore {
	nc, err := nats.Connect("", nats.InProcessServer(c.Server(member)), nats.Timeout(time.Minute))
	require.NoError(c.t, err)
	c.t.Cleanup(nc.Close)
	cfg := jetstream.Config{Replicas: 3, Logger: c.log.logger()}
	s, err := jetstream.Open[string, core.NoMetadata](c.t.Context(), nc, cfg)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { require.NoError(c.t, s.Close()) })
	return s
}

// await waits until all members have what the leader has, and that is not the one with
// a name.
func (c *divergedCluster) await(what string, notLeader string) {
	nc, err := nats.Connect("", nats.InProcessServer(c.Server(0)), nats.Timeout(time.Minute))
	require.NoError(c.t, err)
	defer nc.Close()
	js := jetStream(c.t, nc)
	eventually(c.t, func() bool {
		s, err := js.Stream(c.t.Context(), "EVENTS")
		if err != nil || s.CachedInfo().Cluster == nil || s.CachedInfo().Cluster.Leader == "" {
			return false
		}
		if s.CachedInfo().Cluster.Leader == notLeader {
			_, _ = nc.Request("$JS.API.STREAM.LEADER.STEPDOWN.EVENTS", nil, time.Second)
			return false
		}
		current := 0
		for _, r := range s.CachedInfo().Cluster.Replicas {
			if r.Current && r.Lag == 0 {
				current++
			}
		}
		return current == 2
	}, what)
}

// newDivergedCluster is a cluster of which something was done to the messages of member 2.
func newDivergedCluster(t *testing.T, damage func(msgs string)) *divergedCluster {
	t.Helper()
	dir := t.TempDir()
	c := &divergedCluster{t: t}
	c.start(dir)
	s := c.open(0)
	for i := range 20 {
		for _, id := range []string{"x-all", fmt.Sprint("x-", i)} {
			_, err := core.CommitEvents(t.Context(), s, account(id), notes("paid", 1), core.NoMetadata{})
			require.NoError(t, err)
		}
	}
	c.await("all members have all", "")
	require.NoError(t, c.Close())
	msgs := filepath.Join(dir, "diverged-2", "jetstream", "$G", "streams", "EVENTS", "msgs")
	for lastInBlock(t, msgs) < 40 { // the last one is still in its raft log
		c.start(dir)
		c.await("all members have all", "")
		require.NoError(t, c.Close())
	}
	damage(msgs)
	c.start(dir)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	c.await("another member leads", "diverged-2")
	return c
}

// A read that ends without an error is of the log that the leader has, whichever member
// answers. In the end member 2 does.
func TestNoReadIsOfAServerThatDiffersFromTheLeader(t *testing.T) {
	t.Parallel()
	c := newDivergedCluster(t, func(msgs string) { rewriteBlock(t, msgs, 11, ".account.x-", ".account.y-") })
	s := c.open(2)
	read := func(f core.Filter[string, uint64], want int) error {
		var of []string
		for e, err := range s.LoadEvents(t.Context(), f) {
			if err != nil {
				return err
			}
			of = append(of, e.Key.ID[:1])
		}
		require.Equal(t, strings.Repeat("x", want), strings.Join(of, ""), "%+v", f)
		return nil
	}
	eventually(t, func() bool {
		for id, want := range map[string]int{"x-all": 20, "x-15": 1} { // another member is asked
			if err := read(of(account(id)), want); err != nil {
				require.ErrorAs(t, err, new(*jetstream.DivergedError))
			}
		}
		err := read(core.Filter[string, uint64]{}, 40)
		if err != nil {
			require.ErrorAs(t, err, new(*jetstream.DivergedError))
			require.ErrorIs(t, err, core.ErrFinal)
		}
		return err != nil && strings.Contains(c.log.String(), "another log than the leader")
	}, "a scan reads from the member that differs")
}

// A member that came back with a hole in its part of the stream is passed over, also by reads
// that do not see all positions.
func TestNoReadLeavesOutWhatAServerHasLost(t *testing.T) {
	t.Parallel()
	c := newDivergedCluster(t, func(msgs string) { cutFromBlock(t, msgs, 11, 20) })
	s := c.open(2)
	for range 20 { // each by another member, by chance
		for name, f := range map[string]core.Filter[string, uint64]{"all": {}, "kind": {EventKind: notes("", 1)[0].EventKind()}} {
			require.Len(t, load(t, s, f), 40, name)
		}
		require.Len(t, load(t, s, of(account("x-all"))), 20)
	}
	holed := 0
	nc, err := nats.Connect("", nats.InProcessServer(c.Server(2)), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	js := jetStream(t, nc)
	for range 40 { // the control: consumers there hand out less
		consumer, err := js.CreateConsumer(t.Context(), "EVENTS", natsjs.ConsumerConfig{AckPolicy: natsjs.AckNonePolicy, MemoryStorage: true, Replicas: 1})
		require.NoError(t, err)
		if consumer.CachedInfo().NumPending == 30 {
			holed++
		}
	}
	require.Positive(t, holed, "no consumer was on the member with the hole")
}
