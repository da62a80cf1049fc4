package kvsnapshot

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

var compressions = []Compression{NoCompression, S2, Zstd}

// testCompressor returns a compressor.
func testCompressor(t testing.TB) *compressor {
	z, err := newCompressor()
	require.NoError(t, err)
	return z
}

// sample returns a content with all parts.
func sample() content {
	c := content{key: "aggregate.account.ACC-001.0.store", codec: "application/json", state: []byte(`{"Owner":"ada","Balance":12}`)}
	c.snapshot.Position, c.snapshot.EventID, c.snapshot.StoreID, c.snapshot.Table = math.MaxUint64, "commit/0", "store", "table"
	for i := range 3 {
		c.snapshot.Commands = append(c.snapshot.Commands, core.ProcessedCommand[uint64]{ID: fmt.Sprint("command ", i), Position: uint64(i)})
	}
	return c
}

func TestEveryChangedByteIsNoticed(t *testing.T) {
	z := testCompressor(t)
	for _, c := range compressions {
		t.Run(c.String(), func(t *testing.T) {
			value := z.encodeValue(c, sample().encode())
			got, err := z.decodeValue(value)
			require.NoError(t, err)
			want := sample()
			want.compression = c
			require.Equal(t, want, got)
			for i := range value {
				for change := 1; change < 256; change *= 2 {
					value[i] ^= byte(change)
					_, err := z.decodeValue(value)
					require.Error(t, err, "byte %d changed by %#x", i, change)
					value[i] ^= byte(change)
				}
				_, err := z.decodeValue(value[:i])
				require.Error(t, err, "cut off at %d", i)
			}
			_, err = z.decodeValue(append(bytes.Clone(value), 0))
			require.Error(t, err, "one byte more")
		})
	}
}

// A small value must not make a load allocate without bound, even if its checksum
// is correct.
func TestDecompressionIsBounded(t *testing.T) {
	z := testCompressor(t)
	encoder, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	data := make([]byte, maxContent+1)
	var streamed bytes.Buffer // whose header does not tell the size
	encoder.Reset(&streamed)
	_, err = encoder.Write(data)
	require.NoError(t, err)
	require.NoError(t, encoder.Close())
	for _, bomb := range []struct {
		compression Compression
		compressed  []byte
		most        int
	}{
		{S2, s2.Encode(nil, data), 1 << 20},
		{Zstd, encoder.EncodeAll(data, nil), 16 << 20},
		{Zstd, streamed.Bytes(), 8 * maxContent}, // the buffer grows
	} {
		value := withChecksum(byte(bomb.compression), bomb.compressed)
		require.Less(t, len(value), maxContent/10)
		before := allocated()
		_, err = z.decodeValue(value)
		require.Error(t, err)
		require.Less(t, int(allocated()-before), bomb.most)
	}
	_, err = z.decodeValue(withChecksum(byte(Zstd)+1, nil))
	require.EqualError(t, err, "has unknown compression 3")
}

func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

// withChecksum returns a value with any content and a correct checksum.
func withChecksum(compression byte, compressed []byte) []byte {
	value := make([]byte, contentAt)
	copy(value, magic)
	value[len(magic)], value[len(magic)+1] = format, compression
	value = append(value, compressed...)
	sum := checksum(value)
	copy(value[sumAt:], sum[:])
	return value
}

func TestCompressionMakesSnapshotsSmaller(t *testing.T) {
	z := testCompressor(t)
	c := sample()
	c.state = []byte(strings.Repeat(`{"Owner":"ada","Balance":12}`, 100))
	for _, compression := range []Compression{S2, Zstd} {
		require.Less(t, len(z.encodeValue(compression, c.encode())), len(z.encodeValue(NoCompression, c.encode()))/2)
	}
}
