//go:build power

package powerfs_test

import (
	"context"
	"encoding/json"
	"fmt"
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

// tryReadLog reads message by message, from the leader alone.
func tryReadLog(ctx context.Context, js natsjs.JetStream) (log []history.Entry, err error) {
	stream, err := js.Stream(ctx, "EVENTS")
	if err != nil {
		return nil, err
	}
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		answer, err := js.Conn().RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET.EVENTS", fmt.Appendf(nil, `{"seq":%d}`, seq))
		if err != nil {
			return nil, err
		}
		var got struct {
			Error   *natsjs.APIError
			Message struct {
				Subject    string
				Hdrs, Data []byte
			}
		}
		if err := json.Unmarshal(answer.Data, &got); err != nil {
			return nil, err
		}
		if got.Error != nil {
			return nil, got.Error
		}
		header, err := nats.DecodeHeadersMsg(got.Message.Hdrs)
		if err != nil {
			return nil, err
		}
		e, err := history.NewEntry(seq, got.Message.Subject, header.Get("Es-Commit"), got.Message.Data)
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
