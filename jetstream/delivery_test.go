package jetstream

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

func TestADeliveryIsReadAsTheClientReadsIt(t *testing.T) {
	for _, reply := range []string{
		"$JS.ACK.EVENTS.c1.1.42.7.1700000000123456789.9",
		"$JS.ACK._.ACCHASH.EVENTS.c1.1.42.7.1700000000123456789.9.token",
		"$JS.ACK.hub.ACCHASH.EVENTS.c1.1.42.7.1700000000123456789.9.more.tokens",
	} {
		d, ok := parseDelivery(reply)
		require.True(t, ok, reply)
		require.Equal(t, delivery{"EVENTS", 42, 7, time.Unix(0, 1700000000123456789).UTC(), 9}, d)
		meta, err := (&nats.Msg{Reply: reply, Sub: &nats.Subscription{}}).Metadata()
		require.NoError(t, err)
		require.Equal(t, meta.Sequence.Stream, d.stream)
		require.Equal(t, meta.Sequence.Consumer, d.consumer)
		require.Equal(t, meta.NumPending, d.pending)
		require.True(t, meta.Timestamp.Equal(d.time))
	}
}

func TestWhatIsNoDeliveryIsRefused(t *testing.T) {
	for _, reply := range []string{
		"", "_INBOX.x.y", "$JS.ACK.", "$JS.ACK.EVENTS.c1.1.42.7.1700000000123456789",
		"$JS.ACK.EVENTS.c1.1.x.7.1700000000123456789.9", "$JS.ACK.EVENTS.c1.1.42.-7.1700000000123456789.9",
	} {
		_, ok := parseDelivery(reply)
		require.False(t, ok, reply)
	}
}
