package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/kvsnapshot"
)

// document is a state that counts.
type document struct{ Changes int }

func (d document) Clone() document { return d }

var documents = core.DefineAggregate("document", core.On(func(d *document, _ changed) { d.Changes++ }))

var change = core.CommandFunc[document](func(document) ([]core.Event, error) { return []core.Event{event}, nil })

type repository = core.Repository[document, string, uint64, string]

// updates are the cases of commands.
func (b *bench) updates(ctx context.Context) error {
	return b.on(1, true, func(w *world) error {
		if !b.wants("update") && !b.wants("snapshot") {
			return nil
		}
		s, _, err := w.open(ctx)
		if err != nil {
			return err
		}
		plain := core.NewRepository(s, documents).WithMetadata("ada")
		cached := plain.WithCache(core.Cache[document]{Size: 10_000})
		encoded := plain.WithCache(core.Cache[document]{Size: 10_000, Copy: codec.Copier[document](codec.JSON)})
		for _, c := range []struct {
			name, prefix string
			repo         *repository
		}{
			{"update of 10 events, cached", "cached-", cached},
			{"update of 10 events, cached and copied by a codec", "copied-", encoded},
			{"update of 10 events", "plain-", plain},
		} {
			id := func(i int) string { return fmt.Sprint(c.prefix, i%updated) }
			if err := b.update(ctx, w, c.name, id, s, c.repo); err != nil {
				return err
			}
		}
		if err := b.fromSnapshot(ctx, w, plain, s); err != nil {
			return err
		}
		for _, writers := range []int{1, 8, 64} {
			if err := b.contended(ctx, w, plain, writers); err != nil {
				return err
			}
		}
		return nil
	})
}

// updated is how many aggregates are updated in turn.
const updated = 2000

// update has one writer update aggregates of 10 events, in turn. The raw client
// does what it could if it kept the last sequence of each in memory.
func (b *bench) update(ctx context.Context, w *world, name string, id func(int) string, s *store, repo *repository) error {
	return b.run(ctx, name, "js.PublishMsg after the last", latency, func() (ours, theirs side, err error) {
		ten := make([]core.Event, 10)
		for i := range ten {
			ten[i] = event
		}
		const each = 100 // at once
		for i := 0; i < updated; i += each {
			var commits []core.Commit[string, uint64, string]
			for j := range each {
				commits = append(commits, core.Commit[string, uint64, string]{Key: key(id(i + j)), Events: ten, Metadata: "ada"})
			}
			if _, err := s.Commit(ctx, commits...); err != nil {
				return nil, nil, err
			}
		}
		for i := range updated { // what can be kept is
			if _, _, err := repo.Load(ctx, id(i)); err != nil {
				return nil, nil, err
			}
		}
		r, err := w.rival(ctx)
		if err != nil {
			return nil, nil, err
		}
		last, err := r.fill(ctx, updated, each, id)
		i, j := 0, 0
		ours = oneByOne(func(ctx context.Context) error {
			i++
			_, err := repo.Update(ctx, id(i), change)
			return err
		})
		theirs = oneByOne(func(ctx context.Context) (err error) {
			j++
			last[j%updated], err = r.after(ctx, id(j), last[j%updated])
			return err
		})
		return ours, theirs, err
	})
}

// fill makes a number of aggregates of 10 events, some in each batch, and returns
// the sequence of the last event of each.
func (r *rival) fill(ctx context.Context, count, each int, id func(int) string) ([]uint64, error) {
	last := make([]uint64, count)
	stream, err := r.js.Stream(ctx, r.stream)
	if err != nil {
		return nil, err
	}
	for i := 0; i < count; i += each {
		err := r.send(ctx, fmt.Sprint("fill-", i), 10*each, func(n int) *nats.Msg { return r.message(id(i+n/10), n%10, 10) })
		if err != nil {
			return nil, err
		}
		for j := i; j < i+each; j++ {
			m, err := stream.GetLastMsgForSubject(ctx, r.prefix+".*.document."+id(j))
			if err != nil {
				return nil, err
			}
			last[j] = m.Sequence
		}
	}
	return last, nil
}

// after publishes one more event of an aggregate whose last is at a sequence, and
// returns its own.
func (r *rival) after(ctx context.Context, id string, last uint64) (uint64, error) {
	m := r.message(id, 0, 1)
	m.Header["Nats-Expected-Last-Subject-Sequence"] = []string{strconv.FormatUint(last, 10)}
	ack, err := r.js.PublishMsg(ctx, m, jetstream.WithRetryAttempts(1))
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// contended has writers increment one counter, against a loop that reads the
// last sequence and publishes on it.
func (b *bench) contended(ctx context.Context, w *world, plain *repository, writers int) error {
	name := "update of one aggregate by " + number(writers, "writer") + ", with retries"
	return b.run(ctx, name, "get the last, publish on it, again", rate, func() (ours, theirs side, err error) {
		kept, err := kvsnapshot.Open[string](ctx, w.nc, kvsnapshot.Config{Bucket: fmt.Sprint("COUNTERS", writers), Policy: core.SnapshotEvery(10)})
		if err != nil {
			return nil, nil, err
		}
		repo := plain.WithSnapshots(kept).WithRetries(1 << 20)
		r, err := w.rival(ctx)
		id := fmt.Sprint("counter-", writers)
		ours = each(writers, func(ctx context.Context) error {
			_, err := repo.Upsert(ctx, id, change)
			return err
		})
		return ours, each(writers, func(ctx context.Context) error { return r.increment(ctx, id) }), err
	})
}

// increment publishes one more event of an aggregate that others write to.
func (r *rival) increment(ctx context.Context, id string) error {
	stream, err := r.js.Stream(ctx, r.stream)
	if err != nil {
		return err
	}
	for {
		last := uint64(0)
		m, err := stream.GetLastMsgForSubject(ctx, r.prefix+".*.document."+id)
		if err == nil {
			last = m.Sequence
		} else if !errors.Is(err, jetstream.ErrMsgNotFound) {
			return err
		}
		_, err = r.after(ctx, id, last)
		var api *jetstream.APIError
		if !errors.As(err, &api) || api.ErrorCode != jetstream.JSErrCodeStreamWrongLastSequence {
			return err
		}
	}
}

// fromSnapshot loads an aggregate of 10,000 events from its snapshot, against
// the two gets that it cannot do without.
func (b *bench) fromSnapshot(ctx context.Context, w *world, plain *repository, s *store) error {
	return b.run(ctx, "load of 10000 events from a snapshot", "KV get and direct get", latency, func() (ours, theirs side, err error) {
		snapshots, err := kvsnapshot.Open[string](ctx, w.nc, kvsnapshot.Config{Policy: core.SnapshotEvery(1)})
		if err != nil {
			return nil, nil, err
		}
		thousand := make([]core.Event, 1000)
		for i := range thousand {
			thousand[i] = event
		}
		repo := plain.WithSnapshots(snapshots)
		var last core.Version[uint64]
		for range 10 {
			last, err = repo.Upsert(ctx, "big", core.CommandFunc[document](func(document) ([]core.Event, error) { return thousand, nil }))
			if err != nil {
				return nil, nil, err
			}
		}
		raw, err := w.rawLoad(ctx, last)
		ours = oneByOne(func(ctx context.Context) error {
			d, _, err := repo.Load(ctx, "big")
			if err != nil {
				return err
			}
			return counted(d.Changes, 10_000)
		})
		return ours, oneByOne(raw), err
	})
}

// rawLoad gets the snapshot, and the event at its position.
func (w *world) rawLoad(ctx context.Context, last core.Version[uint64]) (func(context.Context) error, error) {
	js, err := jetstream.New(w.nc)
	if err != nil {
		return nil, err
	}
	kv, err := js.KeyValue(ctx, "SNAPSHOTS")
	if err != nil {
		return nil, err
	}
	seq, _ := last.Position()
	request, err := json.Marshal(map[string]any{"seq": seq})
	if err != nil {
		return nil, err
	}
	stream := fmt.Sprint("S", 1)
	return func(ctx context.Context) error {
		if _, err := kv.Get(ctx, "aggregate.document.big.0"); err != nil {
			return err
		}
		m, err := w.nc.RequestMsgWithContext(ctx, &nats.Msg{Subject: "$JS.API.DIRECT.GET." + stream, Data: request})
		if err == nil && m.Header.Get("Nats-Sequence") == "" {
			err = fmt.Errorf("direct get: %s", m.Header.Get("Description"))
		}
		return err
	}, nil
}
