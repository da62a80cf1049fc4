//go:build power

package powerfs_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// readLog reads the log as it is, without the library.
func readLog(t *testing.T, nc *nats.Conn) (log []history.Entry) {
	t.Helper()
	js, err := natsjs.New(nc)
	require.NoError(t, err)
	eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		log, err = tryReadLog(ctx, js)
		return err == nil
	}, "the server gives its log")
	return log
}

func tryReadLog(ctx context.Context, js natsjs.JetStream) (log []history.Entry, err error) {
	stream, err := js.Stream(ctx, "EVENTS")
	if err != nil || stream.CachedInfo().State.Msgs == 0 {
		return nil, err
	}
	c, err := stream.OrderedConsumer(ctx, natsjs.OrderedConsumerConfig{})
	if err != nil {
		return nil, err
	}
	messages, err := c.Messages()
	if err != nil {
		return nil, err
	}
	defer messages.Stop()
	for last := uint64(0); last < stream.CachedInfo().State.LastSeq; {
		m, err := messages.Next(natsjs.NextContext(ctx))
		if err != nil {
			return nil, err
		}
		meta, err := m.Metadata()
		if err != nil {
			return nil, err
		}
		last = meta.Sequence.Stream
		e, err := history.NewEntry(last, m.Subject(), m.Headers().Get("Es-Commit"), m.Data())
		if err != nil {
			return nil, err
		}
		log = append(log, e)
	}
	return log, nil
}

// seen is an event as a reader sees it.
type seen struct {
	position uint64
	id       string
}

// visible are the events of a log that readers must see, of an aggregate or a kind if
// these are not empty.
func visible(log []history.Entry, aggregate, kind string) (list []seen) {
	for _, e := range history.WholeCommits(log) {
		if !e.System() && (aggregate == "" || e.Aggregate == aggregate) && (kind == "" || e.Kind == kind) {
			list = append(list, seen{e.Seq, e.Header.EventID()})
		}
	}
	return list
}
