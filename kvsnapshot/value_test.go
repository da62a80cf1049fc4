package kvsnapshot

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

var compressions = []Compression{NoCompression, S2, Zstd}

func pressOf(t testing.TB) *press {
	p, err := newPress()
	require.NoError(t, err)
	return p
}

func read(p *press, value []byte) (content, error) {
	plain, err := p.unseal(value)
	if err != nil {
		return content{}, err
	}
	return decodeContent(plain)
}

func sample() content {
	c := content{key: "aggregate.account.ACC-001.0", codec: "application/json", state: []byte(`{"Owner":"ada","Balance":12}`)}
	c.snap.Position, c.snap.EventID, c.snap.StoreID, c.snap.Table = math.MaxUint64, "commit/0", "store", "table"
	for i := range 3 {
		c.snap.Commands = append(c.snap.Commands, core.HandledCommand[uint64]{ID: fmt.Sprint("command ", i), Position: uint64(i)})
	}
	return c
}

func TestAnyByteThatChangesIsNoticed(t *testing.T) {
	p := pressOf(t)
	for _, c := range compressions {
		t.Run(c.String(), func(t *testing.T) {
			value := p.seal(c, sample().encode())
			got, err := read(p, value)
			require.NoError(t, err)
			require.Equal(t, sample(), got)
			for i := range value {
				for change := 1; change < 256; change *= 2 {
					value[i] ^= byte(change)
					_, err := read(p, value)
					require.Error(t, err, "byte %d changed by %#x", i, change)
					value[i] ^= byte(change)
				}
				_, err := read(p, value[:i])
				require.Error(t, err, "cut off at %d", i)
			}
			_, err = read(p, append(bytes.Clone(value), 0))
			require.Error(t, err, "one byte more")
		})
	}
}

// A small value must not make a reader allocate without bound, even if its
// checksum is right.
func TestDecompressionIsBounded(t *testing.T) {
	p := pressOf(t)
	encoder, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	plain := make([]byte, maxPlain+1)
	var streamed bytes.Buffer // which does not say beforehand how large it is
	encoder.Reset(&streamed)
	_, err = encoder.Write(plain)
	require.NoError(t, err)
	require.NoError(t, encoder.Close())
	for _, bomb := range []struct {
		compression Compression
		packed      []byte
		most        int
	}{
		{S2, s2.Encode(nil, plain), 1 << 20},
		{Zstd, encoder.EncodeAll(plain, nil), 16 << 20},
		{Zstd, streamed.Bytes(), 8 * maxPlain}, // as it grows,
	} {
		value := resealed(byte(bomb.compression), bomb.packed)
		require.Less(t, len(value), maxPlain/10)
		before := allocated()
		_, err = p.unseal(value)
		require.Error(t, err)
		require.Less(t, int(allocated()-before), bomb.most)
	}
	_, err = p.unseal(resealed(byte(Zstd)+1, nil))
	require.EqualError(t, err, "has unknown compression 3")
}

func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

// resealed is a value whose checksum is right, whatever it holds.
func resealed(compression byte, packed []byte) []byte {
	value := make([]byte, atPacked)
	copy(value, magic)
	value[len(magic)], value[len(magic)+1] = format, compression
	value = append(value, packed...)
	sum := checksum(value)
	copy(value[atSum:], sum[:])
	return value
}

func TestCompressionMakesSnapshotsSmaller(t *testing.T) {
	p := pressOf(t)
	c := sample()
	c.state = []byte(strings.Repeat(`{"Owner":"ada","Balance":12}`, 100))
	for _, compression := range []Compression{S2, Zstd} {
		require.Less(t, len(p.seal(compression, c.encode())), len(p.seal(NoCompression, c.encode()))/2)
	}
}

// FuzzDecode reads values that may be anything. Whatever is accepted is what
// encoding would have written.
func FuzzDecode(f *testing.F) {
	p := pressOf(f)
	f.Add([]byte(nil))
	f.Add(sample().encode())
	for _, c := range compressions {
		f.Add(p.seal(c, sample().encode()))
		f.Add(p.seal(c, sample().encode())[atPacked:])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := read(p, data); err == nil {
			require.Equal(t, data, p.seal(Compression(data[len(magic)+1]), c.encode()))
		}
		// The checksum keeps most input from the code below it.
		if c, err := decodeContent(data); err == nil {
			require.Equal(t, data, c.encode())
		}
		for _, c := range compressions {
			if plain, err := p.unseal(resealed(byte(c), data)); err == nil {
				require.LessOrEqual(t, len(plain), maxPlain)
			}
		}
	})
}

// FuzzRoundTrip writes contents of all kinds, and changes what was written.
func FuzzRoundTrip(f *testing.F) {
	p := pressOf(f)
	f.Add(uint8(0), "key", "codec", "event", "command", uint64(1), uint8(2), []byte("state"), uint16(40), uint8(1))
	f.Fuzz(func(t *testing.T, compression uint8, key, codec, event, command string, position uint64, commands uint8, state []byte, at uint16, change uint8) {
		c := content{key: key, codec: codec, state: append([]byte{}, state...)}
		c.snap = core.Snapshot[uint64]{Position: position, EventID: event, StoreID: codec + key, Table: event + key}
		for i := range commands % 16 {
			c.snap.Commands = append(c.snap.Commands, core.HandledCommand[uint64]{ID: command[:min(len(command), int(i))], Position: position - uint64(i)})
		}
		value := p.seal(compressions[compression%3], c.encode())
		if got, err := read(p, value); err != nil || !reflect.DeepEqual(c, got) {
			t.Fatalf("%+v came back as %+v, error %v", c, got, err)
		}
		value[int(at)%len(value)] ^= change
		if _, err := read(p, value); (err != nil) != (change != 0) {
			t.Fatalf("with %#x at %d: error %v", change, at, err)
		}
	})
}
