//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
)

// streamInfo is what the leader of a stream says about it.
type streamInfo struct {
	Cluster struct {
		Leader   string
		Replicas []struct {
			Name    string
			Current bool
			Lag     uint64
		}
	}
	State struct {
		Last uint64 `json:"last_seq"`
	}
}

// upToDate reports whether every follower is there and has all messages.
func (i streamInfo) upToDate() bool {
	for _, r := range i.Cluster.Replicas {
		if !r.Current || r.Lag > 0 {
			return false
		}
	}
	return len(i.Cluster.Replicas) == cluster.Size-1
}

// requestInfo asks the leader once.
func requestInfo(nc *nats.Conn, stream string) (info streamInfo, err error) {
	m, err := nc.Request("$JS.API.STREAM.INFO."+stream, nil, time.Second)
	if err == nil {
		err = json.Unmarshal(m.Data, &info)
	}
	return info, err
}

// awaitReplicas waits until every follower of a stream has all messages.
func (r *run) awaitReplicas(ctx context.Context, stream string) (info streamInfo, err error) {
	ready := await(ctx, catchUpTime, func() bool {
		info, err = requestInfo(r.admin, stream)
		return err == nil && info.upToDate()
	})
	if !ready {
		return info, errors.Join(fmt.Errorf("followers of %s are behind: %+v", stream, info.Cluster.Replicas), err, ctx.Err())
	}
	return info, nil
}

// leader returns the number of the server that leads the stream, or 0 if no server
// says so in time.
func (r *run) leader(ctx context.Context) (node int) {
	await(ctx, operationTime, func() (found bool) {
		info, err := requestInfo(r.admin, r.stream)
		if err == nil {
			node, found = r.cluster.Find(info.Cluster.Leader)
		}
		return found
	})
	return node
}
