package jetstream_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// heap is what is in use, once nothing else is kept.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A loop over a large aggregate that stands still keeps a few pages and no more,
// and loads of others over the same connection go on beside it.
func TestPausedLargeLoadBlocksNoOtherAndHoldsLittle(t *testing.T) {
	const size, small = 2000, 20
	events := soak(12_000, 100_000)
	nc := connect(t, 1)
	cfg := fresh(1)
	s := padded[core.NoMetadata](t, nc, cfg)
	text := strings.Repeat("x", size)
	for i := range events / 500 {
		list := make([]core.Event, 500)
		for j := range list {
			list[j] = anyEvent{fmt.Sprint("sized", j%5), 0, text}
		}
		_, err := core.CommitEvents(t.Context(), s, account("large"), list, core.NoMetadata{})
		require.NoError(t, err)
		if i < small {
			_, err := core.CommitEvents(t.Context(), s, account(fmt.Sprint("small-", i)), list[:3], core.NoMetadata{})
			require.NoError(t, err)
		}
	}
	before := heap()
	n := 0
	for _, err := range s.LoadEvents(t.Context(), of(account("large"))) {
		if err != nil {
			require.NoError(t, err)
		}
		if n++; n != 1000 {
			continue
		}
		for i := range small {
			promptly(t, "a small load", func() { require.Len(t, load(t, s, of(account(fmt.Sprint("small-", i)))), 3) })
		}

		grown := int64(heap()) - int64(before)
		require.Less(t, grown, int64(events*size*3/4), "of %d MB", events*size>>20)
		t.Logf("%d KB kept of %d", grown>>10, events*size>>10)
	}
	require.Equal(t, events, n)
}
