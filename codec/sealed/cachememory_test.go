package sealed_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec/sealed"
)

// sameKey is a key store that takes no memory: all subjects have one key.
type sameKey struct {
	sealed.KeyStore
	value []byte
}

func (k sameKey) Load(context.Context, string) ([]byte, uint64, error) {
	return bytes.Clone(k.value), 1, nil
}

// The keys that are cached take no more memory than those of as many subjects as the cache
// has room for, however many there are. With JETSOURCE_SOAK it has the default size.
func TestMemoryOfCachedKeysIsBounded(t *testing.T) {
	size, most := 10_000, 2_000 // bytes for each
	if os.Getenv("JETSOURCE_SOAK") != "" {
		size = 100_000
	}
	keys := new(sealed.MemoryKeys)
	_, err := newCodec(t, keys, sealed.Config{}).MarshalKind(kind, registered{Customer: "C", Email: "x"})
	require.NoError(t, err)
	value, _, err := keys.Load(t.Context(), "C")
	require.NoError(t, err)
	c := newCodec(t, sameKey{KeyStore: keys, value: value}, sealed.Config{CacheSize: size, KeyAge: time.Hour})
	before := heap()
	fill := func(from, to int) uint64 {
		for i := from; i < to; i++ {
			_, err := c.MarshalKind(kind, registered{Customer: fmt.Sprintf("customer-%08d", i), Email: "x"})
			require.NoError(t, err)
		}
		return heap() - min(before, heap())
	}
	full := fill(0, size)
	require.Equal(t, size, c.Cached())
	after := fill(size, 4*size)
	require.Equal(t, size, c.Cached())
	t.Logf("keys of %d subjects: %.1f MiB, %d bytes each; after %d: %.1f MiB", size, mib(full), full/uint64(size), 4*size, mib(after))
	require.Less(t, full, uint64(size*most), "bytes")
	require.Less(t, after, full+full/4, "it does not grow with the subjects")
	runtime.KeepAlive(c)
}

func mib(bytes uint64) float64 { return float64(bytes) / (1 << 20) }

// heap returns the bytes that are in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
