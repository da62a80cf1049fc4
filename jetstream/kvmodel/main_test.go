package kvmodel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core/readmodel"
	"github.com/jetsource/jetsource/core/readmodel/targettest"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream/kvmodel"
)

var (
	single  *embedded.Server
	cluster *embedded.Cluster
	buckets atomic.Int64
)

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	var err error
	if single, err = embedded.Start(embedded.Config{}); err == nil {
		cluster, err = embedded.StartCluster(3, embedded.Config{})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	for _, c := range []interface{ Close() error }{single, cluster} {
		if err := c.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// target is a target with its bucket.
type target struct {
	*kvmodel.Target
	kv       natsjs.KeyValue
	replicas int
}

func connect(t testing.TB, replicas int) (*nats.Conn, natsjs.JetStream) {
	t.Helper()
	var provider nats.InProcessConnProvider = single
	if replicas > 1 {
		provider = cluster
	}
	nc, err := nats.Connect("", nats.InProcessServer(provider), nats.MaxReconnects(-1), nats.Timeout(time.Minute))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	return nc, js
}

func newTarget(t testing.TB, replicas int) *target {
	t.Helper()
	_, js := connect(t, replicas)
	kv, err := js.CreateKeyValue(t.Context(), natsjs.KeyValueConfig{Bucket: fmt.Sprint("MODELS", buckets.Add(1)), Replicas: replicas})
	require.NoError(t, err)
	return &target{kvmodel.New(js, kv), kv, replicas}
}

func (a *target) again(t testing.TB) *target {
	t.Helper()
	_, js := connect(t, a.replicas)
	kv, err := js.KeyValue(t.Context(), a.kv.Bucket())
	require.NoError(t, err)
	return &target{kvmodel.New(js, kv), kv, a.replicas}
}

func TestConformance(t *testing.T) {
	targettest.Run(t, harness())
}

type tx = *kvmodel.Tx

func harness() targettest.Harness[tx] {
	return targettest.Harness[tx]{
		Open: func(t *testing.T) readmodel.Target[tx] { return newTarget(t, 1) },
		Again: func(t *testing.T, a readmodel.Target[tx]) readmodel.Target[tx] {
			return a.(*target).again(t)
		},
		Begin: func(context.Context, tx) error { return nil },
		Set: func(ctx context.Context, t tx, key, value string) error {
			return t.Put(ctx, "rows", key, value)
		},
		Get: func(ctx context.Context, t tx, key string) (value string, err error) {
			_, err = t.Get(ctx, "rows", key, &value)
			return value, err
		},
		Fail: func(ctx context.Context, t tx) error { return t.Put(ctx, "rows", "", "x") },
		Rows: func(ctx context.Context, a readmodel.Target[tx], l readmodel.Layout) (map[string]string, error) {
			return rows(ctx, a.(*target), l)
		},
		Promoted: func(ctx context.Context, a readmodel.Target[tx], model string) (map[string]string, error) {
			version, err := a.Promoted(ctx, model)
			if err != nil {
				return nil, err
			}
			return rows(ctx, a.(*target), readmodel.Layout{Model: model, Version: version})
		},
	}
}

func rows(ctx context.Context, a *target, l readmodel.Layout) (map[string]string, error) {
	all := make(map[string]string)
	err := a.Rows(ctx, l, "rows", func(key string, data json.RawMessage) error {
		var value string
		token := key[strings.LastIndex(key, ".")+1:]
		id, err := codec.DecodeToken(token)
		if err != nil {
			return err
		}
		all[id] = value
		if err := json.Unmarshal(data, &value); err != nil {
			return err
		}
		all[id] = value
		return nil
	})
	return all, err
}
