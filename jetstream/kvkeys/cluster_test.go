package kvkeys_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/jetstream/kvkeys"
)

// replicated is one bucket, as clients of each of three servers have it.
type replicated struct {
	bucket string
	stores []*kvkeys.Store
}

func openReplicated(t *testing.T) *replicated {
	t.Helper()
	r := &replicated{bucket: fmt.Sprint("KEYS", buckets.Add(1))}
	for i := range 3 {
		s, err := kvkeys.Open(t.Context(), connectTo(t, cluster.Server(i)), kvkeys.Config{Bucket: r.bucket, Replicas: 3, Timeout: 30 * time.Second})
		require.NoError(t, err)
		r.stores = append(r.stores, s)
	}
	return r
}

// leader returns which server leads the bucket, by the client of another one.
func (r *replicated) leader(t *testing.T, by int) int {
	t.Helper()
	js, err := natsjs.New(connectTo(t, cluster.Server(by)))
	require.NoError(t, err)
	stream, err := js.Stream(t.Context(), "KV_"+r.bucket)
	require.NoError(t, err)
	for i := range 3 {
		if cluster.Server(i).Name() == stream.CachedInfo().Cluster.Leader {
			return i
		}
	}
	t.Fatal("the leader is none of the servers")
	return 0
}

// What a client of one server has written or destroyed, those of the others see at once: none
// is answered by a replica that lags.
func TestEveryServerSeesADestroyedKeyAtOnce(t *testing.T) {
	r := openReplicated(t)
	for n := range 100 {
		subject, by := fmt.Sprint("C-", n), n%3
		require.NoError(t, r.stores[by].Store(t.Context(), subject, []byte(subject), 0))
		for _, s := range r.stores {
			value, _, err := s.Load(t.Context(), subject)
			require.NoError(t, err)
			require.Equal(t, subject, string(value))
		}
		require.NoError(t, r.stores[(by+1)%3].Destroy(t.Context(), subject))
		for _, s := range r.stores {
			_, _, err := s.Load(t.Context(), subject)
			require.ErrorIs(t, err, sealed.ErrForgotten)
			require.ErrorIs(t, s.Store(t.Context(), subject, []byte("again"), 0), sealed.ErrChanged)
		}
	}
}

// A key is destroyed while the server that led the bucket is away, and has it no more when it
// is back: neither do clients, nor are there the bytes in the files of any server's stream. The
// consensus logs are another matter: see the package.
func TestAServerThatWasAwayHasNoDestroyedKey(t *testing.T) {
	r := openReplicated(t)
	gone, kept := []byte("the value that is to be destroyed"), []byte("the value that is to be kept")
	require.NoError(t, r.stores[0].Store(t.Context(), "gone", gone, 0))
	require.NoError(t, r.stores[0].Store(t.Context(), "kept", kept, 0))
	blocks := func(what []byte) (found []string) {
		for _, path := range filesWith(t, what) {
			if strings.Contains(path, "/streams/KV_"+r.bucket+"/") {
				found = append(found, path)
			}
		}
		return found
	}
	eventually := func(what string, ok func() bool) {
		require.Eventually(t, ok, 60*time.Second, 10*time.Millisecond, what)
	}
	eventually("the control: each server has the value in a file", func() bool { return len(blocks(gone)) == 3 })

	away := r.leader(t, 0)
	left := r.stores[(away+1)%3]
	require.NoError(t, cluster.Server(away).Close())
	eventually("two servers elect a leader and destroy the key", func() bool { return left.Destroy(t.Context(), "gone") == nil })
	require.NoError(t, cluster.Restart(away))
	eventually("the server that was away has what the others have", func() bool { return len(blocks(gone)) == 0 && len(blocks(kept)) == 3 })
	back, err := kvkeys.Open(t.Context(), connectTo(t, cluster.Server(away)), kvkeys.Config{Bucket: r.bucket, MustExist: true, Timeout: 30 * time.Second})
	require.NoError(t, err)
	_, _, err = back.Load(t.Context(), "gone")
	require.ErrorIs(t, err, sealed.ErrForgotten)
	value, _, err := back.Load(t.Context(), "kept")
	require.NoError(t, err)
	require.Equal(t, kept, value)
	t.Logf("files that still have the destroyed value: %v", filesWith(t, gone))
}
