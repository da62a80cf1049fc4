package codec_test

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
)

// hostile is data on which the library alone panics or allocates without bound, or which it accepts although it is
// damaged.
var hostile = map[string][]byte{
	"empty":                       {},
	"a code that does not exist":  {0xc1},
	"a truncated string":          {0xa5, 'a'},
	"a string of 4 GiB":           {0xdb, 0xff, 0xff, 0xff, 0xff},
	"bytes of 4 GiB":              {0x81, 0xa5, 'B', 'y', 't', 'e', 's', 0xc6, 0xff, 0xff, 0xff, 0xff},
	"a slice of 4 Gi":             {0x81, 0xa5, 'S', 'l', 'i', 'c', 'e', 0xdd, 0xff, 0xff, 0xff, 0xff},
	"an any slice of 4 Gi":        {0x81, 0xa3, 'A', 'n', 'y', 0xdd, 0xff, 0xff, 0xff, 0xff},
	"a map of 4 Gi":               {0x81, 0xa3, 'M', 'a', 'p', 0xdf, 0xff, 0xff, 0xff, 0xff},
	"nil for a time":              {0x81, 0xa4, 'T', 'i', 'm', 'e', 0xc0},
	"a map of 4 Gi in an ext":     {0x81, 0xa3, 'M', 'a', 'p', 0xc7, 5, 9, 0xdf, 0xff, 0xff, 0xff, 0xff},
	"a map of 4 Gi in a time":     {0x81, 0xa3, 'M', 'a', 'p', 0xd6, 0xff, 0xdf, 0xff, 0xff, 0xff, 0xff},
	"a map of 4 Gi in an intern":  {0x81, 0xa3, 'M', 'a', 'p', 0xd4, 0x80, 0xdf, 0xff, 0xff, 0xff, 0xff},
	"a map of 4 Gi in two exts":   {0x81, 0xa3, 'M', 'a', 'p', 0xc7, 8, 9, 0x81, 0xa0, 0xd7, 9, 0xdf, 0xff, 0xff, 0xff, 0xff, 0, 0, 0},
	"more bytes after the value":  {0xc0, 0xc0},
	"a million slices in a slice": bytes.Repeat([]byte{0x91}, 10_000_000),
}

func TestHostileDataIsAnErrorAndAllocatesLittle(t *testing.T) {
	for name, data := range hostile {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := codec.MessagePack.Unmarshal(data, &everything{})
			runtime.ReadMemStats(&after)

			require.Error(t, err)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
		})
	}
}
