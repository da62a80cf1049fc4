package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// loadFromSnapshot compares a load from a snapshot with the two requests that it
// cannot do without: for the snapshot, and for the event at its position.
func loadFromSnapshot(d *deployment, events int) comparison {
	name := fmt.Sprintf("load of %d events from a snapshot", events)
	return comparison{name: name, against: "KV get and direct get", unit: latency, setup: func(ctx context.Context) (pair, error) {
		cfg := d.newConfig()
		s, err := d.open(ctx, cfg)
		if err != nil {
			return pair{}, err
		}
		snapshots, err := kvsnapshot.Open[string](ctx, d.conns[0], kvsnapshot.Config{Policy: core.SnapshotEvery(1)})
		if err != nil {
			return pair{}, err
		}
		repo := newRepository(s).WithSnapshots(snapshots)
		last, err := createLarge(ctx, repo, events)
		if err != nil {
			return pair{}, err
		}
		gets, err := rawSnapshotLoad(ctx, d.conns[0], s, cfg.Stream, last)
		return pair{
			library: repeated(func(ctx context.Context) error {
				state, _, err := repo.Load(ctx, "big")
				if err != nil {
					return err
				}
				return checkCount(state.Changes, events)
			}),
			baseline: repeated(gets),
		}, err
	}}
}

// createLarge records events of aggregate "big", a tenth of them with each command.
func createLarge(ctx context.Context, repo *repository, events int) (last core.Version[uint64], err error) {
	for range 10 {
		if last, err = repo.Upsert(ctx, "big", record(repeat(events/10)...)); err != nil {
			return last, err
		}
	}
	return last, nil
}

// rawSnapshotLoad gets the snapshot of "big", and the event at its position.
func rawSnapshotLoad(ctx context.Context, nc *nats.Conn, s *store, stream string, last core.Version[uint64]) (operation, error) {
	js, err := natsjs.New(nc)
	if err != nil {
		return nil, err
	}
	kv, err := js.KeyValue(ctx, "SNAPSHOTS")
	if err != nil {
		return nil, err
	}
	key := "aggregate.document.big.0." + s.StoreID()
	sequence, _ := last.Position()
	request, err := json.Marshal(map[string]uint64{"seq": sequence})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		if _, err := kv.Get(ctx, key); err != nil {
			return err
		}
		m, err := nc.RequestMsgWithContext(ctx, &nats.Msg{Subject: "$JS.API.DIRECT.GET." + stream, Data: request})
		if err == nil && m.Header.Get("Nats-Sequence") == "" {
			err = fmt.Errorf("direct get of %d: %s", sequence, m.Header.Get("Description"))
		}
		return err
	}, nil
}
