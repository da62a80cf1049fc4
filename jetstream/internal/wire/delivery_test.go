package wire

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

func TestDeliveryIsParsedAsTheClientDoes(t *testing.T) {
	for _, reply := range []string{
		"$JS.ACK.EVENTS.c1.1.42.7.1700000000123456789.9",
		"$JS.ACK._.ACCHASH.EVENTS.c1.1.42.7.1700000000123456789.9.token",
		"$JS.ACK.hub.ACCHASH.EVENTS.c1.1.42.7.1700000000123456789.9.more.tokens",
	} {
		d, ok := ParseDelivery(reply)
		require.True(t, ok, reply)
		require.Equal(t, Delivery{"EVENTS", 42, 7, time.Unix(0, 1700000000123456789).UTC(), 9}, d)
		meta, err := (&nats.Msg{Reply: reply, Sub: &nats.Subscription{}}).Metadata()
		require.NoError(t, err)
		require.Equal(t, meta.Sequence.Stream, d.Sequence)
		require.Equal(t, meta.Sequence.Consumer, d.Consumer)
		require.Equal(t, meta.NumPending, d.Pending)
		require.True(t, meta.Timestamp.Equal(d.Time))
	}
}

func TestOtherReplySubjectsAreNoDelivery(t *testing.T) {
	for _, reply := range []string{
		"", "_INBOX.x.y", "$JS.ACK.", "$JS.ACK.EVENTS.c1.1.42.7.1700000000123456789",
		"$JS.ACK.EVENTS.c1.1.x.7.1700000000123456789.9", "$JS.ACK.EVENTS.c1.1.42.-7.1700000000123456789.9",
	} {
		_, ok := ParseDelivery(reply)
		require.False(t, ok, reply)
	}
}
