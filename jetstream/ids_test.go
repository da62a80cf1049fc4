package jetstream_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// A stream may have more subjects than a server lists at once, and the ids are the same.
func TestIDsOfManyAggregates(t *testing.T) {
	t.Parallel()
	cfg := fresh(1)
	s := openWith[string, core.NoMetadata](t, cfg)
	_, err := core.CommitEvents(t.Context(), s, account("struck"), notes("struck", 1), core.NoMetadata{})
	require.NoError(t, err)
	require.NoError(t, s.Strike(t.Context(), 1, "a test"))
	want := 0
	ids := func() (found map[string]int) {
		found = make(map[string]int)
		for id, err := range s.IDs(t.Context(), "account") {
			require.NoError(t, err)
			found[id]++
		}
		for id, n := range found {
			require.Equal(t, 1, n, "%s", id)
		}
		require.NotContains(t, found, "struck")
		return found
	}
	js := jetStream(t, connect(t, 1))
	more := func(n int) {
		for range n {
			_, err := js.PublishMsgAsync(&nats.Msg{
				Subject: fmt.Sprintf("%s.noted.account.a%d", cfg.Prefix, want), Data: []byte(`{}`),
				Header: nats.Header{"Es-Commit": {fmt.Sprintf("C%d 0 0/1 1 0", want)}, "Es-Codec": {"json"}},
			}, natsjs.WithStallWait(time.Minute))
			require.NoError(t, err)
			want++
		}
		<-js.PublishAsyncComplete()
	}
	more(1000)
	_, err = core.CommitEvents(t.Context(), s, account("a1"), []core.Event{deposited{1}}, core.NoMetadata{})
	require.NoError(t, err) // it has two kinds of events
	require.Len(t, ids(), want)
	more(100_000)
	require.Len(t, ids(), want)
}
