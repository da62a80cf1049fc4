//go:build power

package powerfs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
	"github.com/jetsource/jetsource/jetstream/cmd/faults/history"
)

// replica is what one server of a cluster holds of the store's stream.
type replica struct {
	node string
	log  []history.Entry
	err  error // why it could not be asked
}

// replicas are what all servers hold, and what the leader says of them.
type replicas struct {
	list []replica
	raft raftState
}

// readReplicas asks each server, while it cannot ask another.
func (m *machines) readReplicas() (r replicas) {
	r.raft = m.raftState()
	m.cluster.SetAllRoutes(cluster.Cut)
	defer m.cluster.SetAllRoutes(cluster.Pass)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r.list = make([]replica, cluster.Size)
	var all sync.WaitGroup
	for i, n := range m.cluster.Nodes {
		all.Go(func() { r.list[i] = readReplica(ctx, n) })
	}
	all.Wait()
	return r
}

func readReplica(ctx context.Context, n *cluster.Node) replica {
	r := replica{node: n.Name}
	messages, err := n.Messages(ctx, "EVENTS")
	r.err = err
	for _, m := range messages {
		var seq uint64
		if _, err := fmt.Sscan(m.Header.Get("Nats-Sequence"), &seq); err != nil {
			r.err = errors.Join(r.err, err)
			continue
		}
		e, err := history.NewEntry(seq, m.Header.Get("Nats-Subject"), m.Header.Get("Es-Commit"), m.Data)
		r.err = errors.Join(r.err, err)
		r.log = append(r.log, e)
	}
	return r
}

// raftState is what the leader of the stream says of its followers.
type raftState struct {
	Cluster struct {
		Leader   string
		Replicas []struct {
			Name    string
			Current bool
			Offline bool
			Lag     uint64
		}
	}
	State struct {
		Messages uint64
		Last     uint64 `json:"last_seq"`
	}
}

func (s raftState) String() string {
	if s.Cluster.Leader == "" {
		return "no leader answers"
	}
	text := fmt.Sprintf("leader %s with %d messages up to %d", s.Cluster.Leader, s.State.Messages, s.State.Last)
	for _, r := range s.Cluster.Replicas {
		text += fmt.Sprintf("; %s current %v, offline %v, lag %d", r.Name, r.Current, r.Offline, r.Lag)
	}
	return text
}

func (s raftState) isUpToDate() bool {
	for _, r := range s.Cluster.Replicas {
		if !r.Current || r.Lag > 0 {
			return false
		}
	}
	return len(s.Cluster.Replicas) == cluster.Size-1
}

func (m *machines) raftState() (s raftState) {
	for _, n := range m.cluster.Nodes {
		nc, err := nats.Connect(n.URL(), nats.Timeout(time.Minute))
		if err != nil {
			continue
		}
		answer, err := nc.Request("$JS.API.STREAM.INFO.EVENTS", nil, 2*time.Second)
		nc.Close()
		if err == nil && json.Unmarshal(answer.Data, &s) == nil && s.Cluster.Leader != "" {
			return s
		}
	}
	return s
}

// settle waits until all servers hold the same. It returns what they hold then, or, after
// some time, all the same.
func (m *machines) settle() (r replicas) {
	for range 3 {
		within(8*time.Second, func() bool { return m.raftState().isUpToDate() })
		if r = m.readReplicas(); r.agree() {
			return r
		}
		time.Sleep(2 * time.Second)
	}
	return r
}

// at is what the servers hold at a position; nil for nothing.
func (r replicas) at(seq uint64) []*history.Entry {
	all := make([]*history.Entry, len(r.list))
	for i := range r.list {
		if log := r.list[i].log; seq <= uint64(len(log)) && log[seq-1].Seq == seq {
			all[i] = &log[seq-1]
		}
	}
	return all
}

func (r replicas) last() (last uint64) {
	for _, one := range r.list {
		last = max(last, uint64(len(one.log)))
	}
	return last
}

// differing are the positions at which not all servers hold the same message.
func (r replicas) differing() (positions []uint64) {
	for seq := uint64(1); seq <= r.last(); seq++ {
		all := r.at(seq)
		for _, e := range all[1:] {
			if text(e) != text(all[0]) {
				positions = append(positions, seq)
				break
			}
		}
	}
	return positions
}

func (r replicas) agree() bool {
	for _, one := range r.list {
		if one.err != nil {
			return false
		}
	}
	return len(r.differing()) == 0
}

// diverged reports whether two servers hold different messages at one position, or one holds
// more than the leader, while nothing is written.
func (r replicas) diverged() bool {
	for _, seq := range r.differing() {
		found := make(map[string]bool)
		for _, e := range r.at(seq) {
			if e != nil {
				found[text(e)] = true
			}
		}
		if len(found) > 1 || r.raft.Cluster.Leader != "" && seq > r.raft.State.Last {
			return true
		}
	}
	return false
}

func text(e *history.Entry) string {
	if e == nil {
		return "-"
	}
	return fmt.Sprintf("%s %s %.6s/%d %s", e.Aggregate, e.Kind, e.Header.ID, e.Header.Index, e.Op)
}

// table shows what the servers hold around the positions where they differ.
func (r replicas) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v\n", r.raft)
	for _, one := range r.list {
		fmt.Fprintf(&b, "%s holds %d messages %v\n", one.node, len(one.log), one.err)
	}
	differing := r.differing()
	fmt.Fprintf(&b, "%d positions differ\n", len(differing))
	const around, most = 2, 8
	shown, rows := uint64(0), 0
	for i, seq := range differing {
		switch begins := i == 0 || differing[i-1] != seq-1; {
		case begins:
			rows = 0
		case rows >= most:
			continue
		}
		for row := max(shown+1, seq-min(seq-1, around)); row <= seq; row++ {
			fmt.Fprintf(&b, "%6d", row)
			for _, e := range r.at(row) {
				fmt.Fprintf(&b, " | %-38s", text(e))
			}
			b.WriteString("\n")
		}
		shown, rows = seq, rows+1
	}
	return b.String()
}

// within reports whether it comes to be so in some time.
func within(d time.Duration, so func() bool) bool {
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if so() {
			return true
		}
		if time.Since(begun) > d {
			return false
		}
	}
}
