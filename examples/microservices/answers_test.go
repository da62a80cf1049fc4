//go:build unix

package microservices_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// An answer goes where the question says, whoever asked. Within an account it may
// so be stored where the one who asked may not write.
func TestAnswersAreStoredWithinAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, write(t.Context(), w.connect(t, "orders")))
	admin := w.connect(t, "admin")
	before, err := lengths(t.Context(), admin)
	require.NoError(t, err)
	misdirect(t, w.connect(t, "orders"), "$JS.API.")
	await(t, "both streams have stored an answer", func() bool {
		now, err := lengths(t.Context(), admin)
		return err == nil && now[0] > before[0] && now[1] > before[1]
	})
}

// A reader has an account of its own, which answers do not leave.
func TestAnswersDoNotLeaveTheAccountOfReaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, write(t.Context(), w.connect(t, "orders")))
	reader, admin := w.connect(t, "reader"), w.connect(t, "admin")
	before, err := lengths(t.Context(), admin)
	require.NoError(t, err)
	for i, target := range targets {
		name := fmt.Sprintf("evil%d", i)
		push, err := json.Marshal(fields{"stream_name": "EVENTS", "config": fields{
			"name": name, "deliver_policy": "all", "ack_policy": "none", "deliver_subject": target, "mem_storage": true,
		}})
		require.NoError(t, err)
		_, err = reader.Request("$JS.shop.API.CONSUMER.CREATE.EVENTS."+name, push, timeout)
		require.NoError(t, err)
	}
	misdirect(t, reader, "$JS.shop.API.")
	require.Never(t, func() bool {
		now, err := lengths(t.Context(), admin)
		return err != nil || now != before
	}, 500*time.Millisecond, 50*time.Millisecond)
	require.Empty(t, w.violations(), "no right was missing, and yet nothing was written")
}

// targets are where no user of this test may write.
var targets = []string{"events.shipment/created.shipment.A", "$KV.LEASES.reactor.shipping.A"}

// misdirect has the server answer to the targets.
func misdirect(t *testing.T, nc *nats.Conn, api string) {
	t.Helper()
	for _, target := range targets {
		for _, question := range []string{"STREAM.MSG.GET", "DIRECT.GET"} {
			require.NoError(t, nc.PublishRequest(api+question+".EVENTS", target, []byte(`{"seq":1}`)))
		}
	}
	// Once this is answered, so is what was asked before; a stream may store that later.
	_, err := nc.Request(api+"STREAM.MSG.GET.EVENTS", []byte(`{"seq":1}`), timeout)
	require.NoError(t, err)
}

// lengths returns how many messages the streams have had.
func lengths(ctx context.Context, admin *nats.Conn) (n [2]uint64, err error) {
	js, err := natsjs.New(admin, natsjs.WithDefaultTimeout(time.Minute))
	if err != nil {
		return n, err
	}
	for i, name := range []string{"EVENTS", "KV_LEASES"} {
		stream, err := js.Stream(ctx, name)
		if err != nil {
			return n, err
		}
		n[i] = stream.CachedInfo().State.LastSeq
	}
	return n, nil
}
