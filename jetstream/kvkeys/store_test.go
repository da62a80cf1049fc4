package kvkeys_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/codec/sealed"
	"github.com/jetsource/jetsource/codec/sealed/sealedtest"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream/kvkeys"
)

// One server and one cluster serve all tests. Each test has a bucket of its own.
var (
	server  *embedded.Server
	cluster *embedded.Cluster
	dir     string // of the server's files, and below "cluster" those of the cluster
	buckets atomic.Int64
)

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) (code int) {
	var err error
	if dir, err = os.MkdirTemp("", "kvkeys"); err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if server, err = embedded.Start(embedded.Config{Dir: filepath.Join(dir, "server")}); err != nil {
		panic(err)
	}
	if cluster, err = embedded.StartCluster(3, embedded.Config{Dir: filepath.Join(dir, "cluster")}); err != nil {
		panic(err)
	}
	code = m.Run()
	for _, err := range []error{server.Close(), cluster.Close(), goleak.Find()} {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

func connect(t testing.TB) *nats.Conn { return connectTo(t, server) }

func connectTo(t testing.TB, s nats.InProcessConnProvider) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.MaxReconnects(-1), nats.Timeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

func open(t *testing.T) (*kvkeys.Store, string) {
	t.Helper()
	bucket := fmt.Sprint("KEYS", buckets.Add(1))
	s, err := kvkeys.Open(t.Context(), connect(t), kvkeys.Config{Bucket: bucket})
	require.NoError(t, err)
	return s, bucket
}

func TestKeyStoreKeepsItsContract(t *testing.T) {
	t.Run("one server", func(t *testing.T) {
		sealedtest.Run(t, func(t *testing.T) sealed.KeyStore {
			s, _ := open(t)
			return s
		})
	})
	t.Run("three servers", func(t *testing.T) {
		sealedtest.Run(t, func(t *testing.T) sealed.KeyStore { return openReplicated(t).stores[0] })
	})
}

func TestBucketIsFoundAgain(t *testing.T) {
	s, bucket := open(t)
	require.NoError(t, s.Store(t.Context(), "a", []byte("value"), 0))
	again, err := kvkeys.Open(t.Context(), connect(t), kvkeys.Config{Bucket: bucket})
	require.NoError(t, err)
	value, _, err := again.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, "value", string(value))
}

func TestABucketThatMustExistIsNotCreated(t *testing.T) {
	for range 2 {
		_, err := kvkeys.Open(t.Context(), connect(t), kvkeys.Config{Bucket: "NONE", MustExist: true})
		require.ErrorIs(t, err, kvkeys.ErrNoBucket)
	}
	_, bucket := open(t)
	_, err := kvkeys.Open(t.Context(), connect(t), kvkeys.Config{Bucket: bucket, MustExist: true})
	require.NoError(t, err)
}

func TestAnUnsafeBucketIsRefused(t *testing.T) {
	js, err := natsjs.New(connect(t), natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	_, err = js.CreateKeyValue(t.Context(), natsjs.KeyValueConfig{Bucket: "PLAIN"})
	require.NoError(t, err)
	_, err = kvkeys.Open(t.Context(), connect(t), kvkeys.Config{Bucket: "PLAIN"})
	require.ErrorAs(t, err, new(*kvkeys.BucketError))
	require.ErrorContains(t, err, "deny_delete is true")
	require.ErrorContains(t, err, "allow_direct is true")
	_, err = kvkeys.Open(t.Context(), connect(t), kvkeys.Config{Bucket: "a b", Replicas: 9})
	require.ErrorAs(t, err, new(*kvkeys.ConfigError))
}

// A value that another one replaced, and one that was destroyed, are in no file of the
// server, though it goes on.
func TestFormerValuesAreOverwrittenInTheFiles(t *testing.T) {
	s, _ := open(t)
	first, second, kept := []byte("the first value of a"), []byte("the second value of a"), []byte("the value of b")
	require.NoError(t, s.Store(t.Context(), "a", first, 0))
	require.NoError(t, s.Store(t.Context(), "b", kept, 0))
	require.True(t, inFiles(t, first), "it is looked for in the right place")
	_, revision, err := s.Load(t.Context(), "a")
	require.NoError(t, err)
	require.NoError(t, s.Store(t.Context(), "a", second, revision))
	require.False(t, inFiles(t, first))
	require.True(t, inFiles(t, second))
	require.NoError(t, s.Destroy(t.Context(), "a"))
	require.False(t, inFiles(t, second))
	require.True(t, inFiles(t, kept))
}

func inFiles(t *testing.T, what []byte) bool { return len(filesWith(t, what)) > 0 }

// filesWith returns the files of the servers that have some bytes.
func filesWith(t *testing.T, what []byte) (found []string) {
	t.Helper()
	require.NoError(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if os.IsNotExist(err) || err == nil && !info.Mode().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		if bytes.Contains(data, what) {
			found = append(found, path)
		}
		return err
	}))
	return found
}
