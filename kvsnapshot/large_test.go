package kvsnapshot_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// large is a state of any size. A wrong one differs from all that were offered.
type large struct {
	Number int
	Parts  [][]byte
}

func newLarge(number, size int) large {
	source := rand.NewChaCha8([32]byte{byte(number), byte(number >> 8)})
	l := large{Number: number}
	for ; size > 0; size -= 1000 {
		part := make([]byte, min(size, 1000))
		_, _ = source.Read(part)
		l.Parts = append(l.Parts, part)
	}
	return l
}

func largeKey(kind string) core.SnapshotKey[string] {
	return core.SnapshotKey[string]{Role: core.ProjectionSnapshot, Kind: kind, Singleton: true}
}

// largeStore is a store whose bucket takes small messages.
type largeStore struct {
	*testing.T
	*kvsnapshot.Store[string]
	cfg kvsnapshot.Config
}

// openLarge opens a store whose bucket takes messages of up to max bytes; 0 for any.
func openLarge(t *testing.T, cfg kvsnapshot.Config, maxMessage int32) *largeStore {
	t.Helper()
	open(t, cfg)
	if maxMessage > 0 {
		js := streams(t, connect(t, cfg.Storage.Replicas))
		stream, err := js.Stream(t.Context(), "KV_"+cfg.Bucket)
		require.NoError(t, err)
		sc := stream.CachedInfo().Config
		sc.MaxMsgSize = maxMessage
		_, err = js.UpdateStream(t.Context(), sc)
		require.NoError(t, err)
	}
	return &largeStore{t, open(t, cfg), cfg}
}

// again opens the store once more, as another process would.
func (s *largeStore) again() *kvsnapshot.Store[string] {
	s.Helper()
	return open(s, s.cfg)
}

func offerLarge(ctx context.Context, s *kvsnapshot.Store[string], l large) (core.SnapshotOffer, error) {
	return s.OfferSnapshot(ctx, largeKey("a"), core.SnapshotAge{Events: 1}, func() (core.Snapshot[uint64], error) {
		return core.Snapshot[uint64]{Position: uint64(l.Number), State: l}, nil
	})
}

func (s *largeStore) put(l large) {
	s.Helper()
	offer, err := offerLarge(s.Context(), s.Store, l)
	require.NoError(s, err)
	require.Equal(s, core.Stored, offer)
}

// want checks that what is loaded is what was offered.
func (s *largeStore) want(want large) {
	s.Helper()
	var got large
	snap, ok, err := s.LoadSnapshot(s.Context(), largeKey("a"), &got)
	require.NoError(s, err)
	require.True(s, ok)
	require.EqualValues(s, want.Number, snap.Position)
	require.True(s, sameLarge(want, got), "a wrong state, of number %d", got.Number)
}

func sameLarge(a, b large) bool {
	return fmt.Sprint(a.Number, len(a.Parts)) == fmt.Sprint(b.Number, len(b.Parts)) && func() bool {
		for i := range a.Parts {
			if string(a.Parts[i]) != string(b.Parts[i]) {
				return false
			}
		}
		return true
	}()
}

// left returns how many messages the bucket has beside the snapshot and its chunks.
func (s *largeStore) left() int {
	s.Helper()
	value, err := bucketOf(s, s.cfg).Get(s.Context(), "projection.a.=.0.=")
	require.NoError(s, err)
	count, err := kvsnapshot.ChunksOf(value.Value())
	require.NoError(s, err)
	stream, err := streams(s, connect(s, s.cfg.Storage.Replicas)).Stream(s.Context(), "KV_"+s.cfg.Bucket)
	require.NoError(s, err)
	info, err := stream.Info(s.Context())
	require.NoError(s, err)
	return int(info.State.Msgs) - 1 - count
}

func TestLargeStatesAreStoredInChunks(t *testing.T) {
	for _, c := range []kvsnapshot.Compression{kvsnapshot.NoCompression, kvsnapshot.S2, kvsnapshot.Zstd} {
		for _, of := range []codec.Codec{codec.JSON, codec.MessagePack} {
			t.Run(fmt.Sprint(c, of.Name()), func(t *testing.T) {
				t.Parallel()
				cfg := newConfig(1)
				cfg.Compression, cfg.Codec = c, of
				s := openLarge(t, cfg, 2000)
				for i, size := range []int{100_000, 50_000, 100, 0, 30_000, 200} {
					s.put(newLarge(i+1, size))
					s.want(newLarge(i+1, size))
					require.Zero(t, s.left(), "chunks left behind, size %d", size)
				}
			})
		}
	}
}

// soak reports whether the long form of a test is asked for.
func soak() bool { return os.Getenv("JETSOURCE_SOAK") != "" }

// A writer is killed at each of its writes, before and after the server has it. What is
// loaded then is what was there, or what was written; the next one leaves nothing behind.
func TestKilledWritersLeaveNeitherWrongStatesNorChunks(t *testing.T) {
	const kills = 120
	maxMessage, size, each := int32(4000), 60_000, 1
	cfg := newConfig(1)
	if soak() {
		maxMessage, size, each = 0, 100_000_000, 10 // one that succeeds after ten that are killed
		cfg.Codec, cfg.Storage.Memory = codec.MessagePack, true
	}
	s := openLarge(t, cfg, maxMessage)
	counted := s.again()
	writes := counted.CutAt(-1, false)
	before := newLarge(1, size)
	_, err := offerLarge(t.Context(), counted, before)
	require.NoError(t, err)
	wrong, left, killed := 0, 0, 0
	for kill := range kills {
		victim := s.again()
		at, next := kill/2*writes()/(kills/2), newLarge(3*kill+2, size-kill)
		if kill%10 == 9 { // one that fits into a message: with the mark, the removal, without the mark
			at, next = kill/10%3, newLarge(3*kill+2, 10)
		}
		victim.CutAt(at, kill%2 == 1)
		if _, err := offerLarge(t.Context(), victim, next); err != nil {
			require.ErrorIs(t, err, context.Canceled)
			killed++
		}
		var got large
		_, ok, err := s.LoadSnapshot(t.Context(), largeKey("a"), &got)
		require.NoError(t, err, "kill %d", kill)
		if !ok || !sameLarge(got, before) && !sameLarge(got, next) {
			wrong++
		}
		if sameLarge(got, next) {
			before = next
		}
		if kill%each != each-1 {
			continue
		}
		if before = newLarge(3*kill+3, size); kill%7 == 6 {
			before = newLarge(3*kill+3, 10)
		}
		s.put(before)
		s.want(before)
		left += s.left()
	}
	t.Logf("%d writes of a snapshot; %d writers, %d of them killed at a write; wrong states %d, chunks left behind %d", writes(), kills, killed, wrong, left)
	require.Zero(t, wrong)
	require.Zero(t, left)
	require.GreaterOrEqual(t, killed, 100)
}

// The first snapshot of all is cut off, and a small one follows.
func TestKilledFirstWriterLeavesNothing(t *testing.T) {
	for n := range 6 {
		s := openLarge(t, newConfig(1), 4000)
		victim := s.again()
		victim.CutAt(n, true)
		_, err := offerLarge(t.Context(), victim, newLarge(1, 60_000))
		require.ErrorIs(t, err, context.Canceled)
		_, ok, err := s.LoadSnapshot(t.Context(), largeKey("a"), &large{})
		require.NoError(t, err)
		require.False(t, ok)
		s.put(newLarge(1, 10))
		s.want(newLarge(1, 10))
		require.Zero(t, s.left())
	}
}

func TestReadersNeverSeeHalfOfAState(t *testing.T) {
	maxMessage, size, replacements := int32(4000), 60_000, 60
	cfg := newConfig(1)
	if soak() {
		maxMessage, size, replacements = 0, 100_000_000, 10
		cfg.Codec = codec.MessagePack
	}
	s := openLarge(t, cfg, maxMessage)
	s.put(newLarge(1, size))
	var all sync.WaitGroup
	var loads, failed atomic.Int32
	ctx, stop := context.WithCancel(t.Context())
	for range 2 {
		reader := s.again()
		all.Go(func() {
			for ctx.Err() == nil {
				var got large
				snap, ok, err := reader.LoadSnapshot(t.Context(), largeKey("a"), &got)
				loads.Add(1)
				if err != nil || !ok || int(snap.Position) != got.Number || !sameLarge(got, newLarge(got.Number, size)) {
					failed.Add(1)
					t.Errorf("load: %t, %v", ok, err)
				}
			}
		})
	}
	for i := range replacements {
		s.put(newLarge(i+2, size))
	}
	stop()
	all.Wait()
	t.Logf("%d loads beside %d replacements, wrong or without a state: %d", loads.Load(), replacements, failed.Load())
	require.Zero(t, s.left())
}

func TestOfManyLargeSnapshotsTheNewestStays(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		s := openLarge(t, newConfig(replicas), 4000)
		const writers, each = 4, 5
		var all sync.WaitGroup
		for w := range writers {
			writer := s.again()
			all.Go(func() {
				for i := range each {
					size := 20_000
					if i%2 == 1 {
						size = 10
					}
					if _, err := offerLarge(t.Context(), writer, newLarge(1+w+writers*i, size)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		require.Eventually(t, func() bool {
			var got large
			snap, ok, err := s.LoadSnapshot(t.Context(), largeKey("a"), &got)
			return err == nil && ok && snap.Position == writers*each && sameLarge(got, newLarge(writers*each, 20_000))
		}, 2*time.Minute, 10*time.Millisecond)
		s.put(newLarge(1000, 20_000))
		require.Zero(t, s.left())
	}
}

func TestDamagedChunksAreNoticed(t *testing.T) {
	for _, c := range []kvsnapshot.Compression{kvsnapshot.NoCompression, kvsnapshot.S2, kvsnapshot.Zstd} {
		cfg := newConfig(1)
		cfg.Compression = c
		s := openLarge(t, cfg, 4000)
		s.put(newLarge(1, 20_000))
		kv := bucketOf(t, cfg)
		keys, err := kv.Keys(t.Context())
		require.NoError(t, err)
		require.Greater(t, len(keys), 4)
		for i, key := range keys {
			if key == "projection.a.=.0.=" {
				continue
			}
			e, err := kv.Get(t.Context(), key)
			require.NoError(t, err)
			for n, spoil := range []func() error{
				func() error {
					value := append([]byte(nil), e.Value()...)
					value[rand.IntN(len(value))] ^= 1
					_, err := kv.Put(t.Context(), key, value)
					return err
				},
				func() error { _, err := kv.Put(t.Context(), key, e.Value()[:len(e.Value())/2]); return err },
				func() error {
					other, err := kv.Get(t.Context(), keys[(i+1)%len(keys)])
					if err == nil {
						_, err = kv.Put(t.Context(), key, other.Value())
					}
					return err
				},
				func() error { return kv.Delete(t.Context(), key) },
			} {
				require.NoError(t, spoil())
				_, ok, err := s.LoadSnapshot(t.Context(), largeKey("a"), &large{})
				_, damaged := errors.AsType[*kvsnapshot.CorruptError](err)
				require.True(t, damaged && !ok, "%s, way %d: %v", key, n, err)
				_, err = kv.Put(t.Context(), key, e.Value())
				require.NoError(t, err)
			}
		}
		s.want(newLarge(1, 20_000))
		require.NoError(t, kv.Delete(t.Context(), keys[len(keys)-1]))
		offer, err := offerLarge(t.Context(), s.Store, newLarge(1, 20_000))
		require.NoError(t, err)
		require.Equal(t, core.Stored, offer, "it takes the place of one that cannot be read")
	}
}

// How long a state of 100 MB takes, and how much memory beside it.
func TestStateOf100MB(t *testing.T) {
	if !soak() {
		t.Skip("JETSOURCE_SOAK is not set")
	}
	for _, of := range []codec.Codec{codec.JSON, codec.MessagePack} {
		for _, c := range []kvsnapshot.Compression{kvsnapshot.NoCompression, kvsnapshot.S2} {
			cfg := newConfig(1)
			cfg.Codec, cfg.Compression = of, c
			s := openLarge(t, cfg, 0)
			state := newLarge(1, 100_000_000)
			begun, before := time.Now(), heap()
			s.put(state)
			stored := time.Since(begun)
			begun = time.Now()
			s.want(state)
			t.Logf("100 MB as %s, %v: stored in %v, loaded in %v, peak %d MB allocated in all", of.Name(), c, stored.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond), (heap()-before)>>20)
			require.Zero(t, s.left())
		}
	}
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}
