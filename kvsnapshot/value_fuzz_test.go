package kvsnapshot

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// FuzzDecode decodes any bytes. What is accepted is what encoding would have
// written.
func FuzzDecode(f *testing.F) {
	z := testCompressor(f)
	f.Add([]byte(nil))
	f.Add(sample().encode())
	for _, c := range compressions {
		f.Add(z.encodeValue(c, sample().encode()))
		f.Add(z.encodeValue(c, sample().encode())[contentAt:])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := z.decodeValue(data); err == nil {
			require.Equal(t, data, z.encodeValue(Compression(data[len(magic)+1]), c.encode()))
		}
		// Without the checksum, which nearly all input fails.
		if c, err := decodeContent(data); err == nil {
			require.Equal(t, data, c.encode())
		}
		for _, c := range compressions {
			if plain, err := z.decompress(c, data); err == nil {
				require.LessOrEqual(t, len(plain), maxContent)
			}
		}
	})
}

// FuzzRoundTrip encodes contents of all kinds and decodes them, then changes one
// byte of the value.
func FuzzRoundTrip(f *testing.F) {
	z := testCompressor(f)
	f.Add(uint8(0), "key", "codec", "event", "command", uint64(1), uint8(2), []byte("state"), uint16(40), uint8(1))
	f.Fuzz(func(t *testing.T, compression uint8, key, codec, event, command string, position uint64, commands uint8, state []byte, at uint16, change uint8) {
		c := content{key: key, codec: codec, state: append([]byte{}, state...)}
		c.snapshot = core.Snapshot[uint64]{Position: position, EventID: event, StoreID: codec + key, Table: event + key}
		for i := range commands % 16 {
			c.snapshot.Commands = append(c.snapshot.Commands, core.ProcessedCommand[uint64]{ID: command[:min(len(command), int(i))], Position: position - uint64(i)})
		}
		value := z.encodeValue(compressions[compression%3], c.encode())
		if got, err := z.decodeValue(value); err != nil || !reflect.DeepEqual(c, got) {
			t.Fatalf("%+v came back as %+v, error %v", c, got, err)
		}
		value[int(at)%len(value)] ^= change
		if _, err := z.decodeValue(value); (err != nil) != (change != 0) {
			t.Fatalf("with %#x at %d: error %v", change, at, err)
		}
	})
}
