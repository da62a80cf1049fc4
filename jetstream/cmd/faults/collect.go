//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// collect adds to the histories of runs on one cluster what each server holds of
// their streams. Any server that holds a replica may answer a direct get, so all
// routes are cut for the while: what a client then gets can only come from the
// one server that it is connected to.
func collect(ctx context.Context, c *cluster.Cluster, runs map[*run]*history.History) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	leaders := make(map[*run]int)
	for r := range runs {
		info, err := r.settled(ctx)
		if err != nil {
			return err
		}
		leaders[r], _ = c.Find(info.Cluster.Leader)
		r.logf("%6.1fs  reading %d messages from each server", r.rec.now().Seconds(), info.State.Last)
	}
	for i := range cluster.Size {
		c.SetRoutes(i, cluster.Cut)
	}
	defer func() {
		for i := range cluster.Size {
			c.SetRoutes(i, cluster.Pass)
		}
	}()
	for r, h := range runs {
		for i := range cluster.Size {
			if err := r.read(ctx, c.Nodes[(leaders[r]+i)%cluster.Size], h, i == 0); err != nil {
				return err
			}
		}
		if tamper := r.options.control.tamper; tamper != nil {
			tamper(h)
		}
	}
	return nil
}

// read adds what one server holds, as the log too if it led the stream.
func (r *run) read(ctx context.Context, n *cluster.Node, h *history.History, leader bool) error {
	replica := history.Replica{Node: n.Name}
	err := r.readAll(ctx, n, func(m *nats.Msg) error {
		seq, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
		if err != nil {
			return err
		}
		for uint64(len(replica.Digest)) < seq-1 {
			replica.Digest = append(replica.Digest, 0)
		}
		replica.Digest = append(replica.Digest, digest(m))
		if !leader {
			return nil
		}
		e, err := entry(seq, m)
		h.Log = append(h.Log, e)
		return err
	})
	if err != nil {
		return fmt.Errorf("server %s: %w", n.Name, err)
	}
	h.Replicas = append(h.Replicas, replica)
	return nil
}

// settled waits until every replica says that it is up to date.
func (r *run) settled(ctx context.Context) (streamInfo, error) {
	for {
		info, err := r.info()
		replicas := info.Cluster.Replicas
		behind := len(replicas) != cluster.Size-1
		for _, p := range replicas {
			behind = behind || !p.Current || p.Lag > 0
		}
		if err == nil && !behind {
			return info, nil
		}
		if wait(ctx, 100*time.Millisecond); ctx.Err() != nil {
			return info, errors.Join(fmt.Errorf("replicas are not up to date: %+v", replicas), err)
		}
	}
}

// readAll reads the stream from one server.
func (r *run) readAll(ctx context.Context, n *cluster.Node, take func(*nats.Msg) error) error {
	nc, err := nats.Connect(n.URL(), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true))
	if err != nil {
		return err
	}
	defer nc.Close()
	for next := uint64(1); next > 0; {
		page, more, err := readPage(ctx, nc, r.stream, next)
		if err != nil {
			// A server without routes may need a moment until it answers.
			if wait(ctx, 100*time.Millisecond); ctx.Err() != nil {
				return err
			}
			continue
		}
		for _, m := range page {
			if err := take(m); err != nil {
				return err
			}
		}
		next = more
	}
	return nil
}

// readPage reads some messages from a sequence on, and returns the sequence to go
// on from; 0 at the end.
func readPage(ctx context.Context, nc *nats.Conn, stream string, from uint64) (page []*nats.Msg, next uint64, err error) {
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = sub.Unsubscribe() }()
	request, err := json.Marshal(map[string]uint64{"seq": from, "batch": 1000, "max_bytes": 1 << 20})
	if err != nil {
		return nil, 0, err
	}
	if err := nc.PublishRequest("$JS.API.DIRECT.GET."+stream, inbox, request); err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, 0, err
		}
		switch status := m.Header.Get("Status"); {
		case status == "204" && len(page) > 0 && m.Header.Get("Nats-Num-Pending") != "0":
			last, err := strconv.ParseUint(page[len(page)-1].Header.Get("Nats-Sequence"), 10, 64)
			return page, last + 1, err
		case status == "204" || status == "404":
			return page, 0, nil
		case status != "":
			return nil, 0, fmt.Errorf("answer %s %s", status, m.Header.Get("Description"))
		}
		page = append(page, m)
	}
}

// digest is that of all that a server holds of a message, its time included.
func digest(m *nats.Msg) uint64 {
	texts := []string{string(m.Data)}
	for _, k := range slices.Sorted(maps.Keys(m.Header)) {
		switch k {
		case "Nats-Num-Pending", "Nats-Last-Sequence", "Nats-UpTo-Sequence":
			continue // of the answer, not of the message
		}
		texts = append(texts, k, strings.Join(m.Header[k], "\n"))
	}
	return history.Digest(texts...)
}

// entry reads a message of the stream.
func entry(seq uint64, m *nats.Msg) (history.Entry, error) {
	subject := strings.Split(m.Header.Get("Nats-Subject"), ".")
	link, err := history.ParseLink(m.Header.Get("Es-Commit"))
	if err != nil || len(subject) != 4 {
		return history.Entry{}, fmt.Errorf("message %d on %q: %w", seq, subject, err)
	}
	e := history.Entry{Seq: seq, Kind: subject[1], Aggregate: subject[2] + "." + subject[3], Commit: link}
	if e.Reserved() {
		return e, nil
	}
	var data struct {
		Mark
		Input uint64 `json:"input"`
	}
	if err := json.Unmarshal(m.Data, &data); err != nil {
		return e, fmt.Errorf("message %d: %w", seq, err)
	}
	e.Op, e.Part, e.Index, e.Input = data.Op, data.Part, data.Index, data.Input
	return e, nil
}
