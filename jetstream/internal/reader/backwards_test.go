package reader

import (
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream/internal/jstest"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// farApart is an aggregate of two kinds with many messages of others between its own:
// four events, a commit of three, and two more.
var farApart = map[uint64]*nats.Msg{
	10_000: event(10_000, "k", 0, 1, 0),
	20_000: event(20_000, "l", 0, 1, 10_000),
	25_000: event(25_000, "k", 0, 1, 20_000),
	30_000: event(30_000, "k", 0, 1, 25_000),
	40_000: event(40_000, "k", 0, 3, 30_000),
	40_001: event(40_001, "l", 1, 3, 30_000),
	40_002: event(40_002, "k", 2, 3, 30_000),
	50_000: event(50_000, "k", 0, 1, 40_002),
	60_000: event(60_000, "l", 0, 1, 50_000),
}

var farApartPositions = []uint64{10_000, 20_000, 25_000, 30_000, 40_000, 40_001, 40_002, 50_000, 60_000}

func event(seq uint64, kind string, index, count int, previous uint64) *nats.Msg {
	h := wire.CommitHeader{CommitInfo: core.CommitInfo{ID: "C", Index: index, Count: count}, Total: count, Previous: previous}
	return jstest.With(jstest.Message(seq, 0), wire.HeaderSubject, "e."+kind+".a.1", wire.HeaderCommit, h.String())
}

// answerAll answers any request for farApart.
func answerAll(req wire.GetRequest, reply func(*nats.Msg)) {
	var matching []*nats.Msg
	latest := make(map[string]uint64)
	for _, seq := range farApartPositions {
		m := farApart[seq]
		subject := m.Header.Get(wire.HeaderSubject)
		switch {
		case seq < req.Seq:
		case req.MultiLast != nil:
			latest[subject] = seq
		case req.NextFor == "" && seq < req.Seq+uint64(max(req.Batch, 1)), req.NextFor != "" && wire.Matches(req.NextFor, subject):
			matching = append(matching, m)
		}
	}
	for _, seq := range slices.Sorted(func(yield func(uint64) bool) {
		for _, seq := range latest {
			_ = yield(seq)
		}
	}) {
		matching = append(matching, farApart[seq])
	}
	if len(matching) == 0 {
		reply(jstest.Status(404, "Message Not Found"))
		return
	}
	last, pending := uint64(0), 0
	for i, m := range matching {
		if pending = len(matching) - i; req.Batch > 0 && i == req.Batch {
			break
		}
		seq := m.Header.Get(wire.HeaderSequence)
		one := &nats.Msg{Data: m.Data, Header: nats.Header{}}
		for k, v := range m.Header {
			one.Header[k] = v
		}
		reply(jstest.With(one, wire.HeaderLastSequence, number(last)))
		last, pending = atoi(seq), 0
	}
	if req.Batch > 0 || req.MultiLast != nil {
		reply(jstest.With(jstest.End(last, pending), wire.HeaderUpTo, "70000"))
	}
}

// readFarApart returns the positions that a read of the aggregate yields.
func readFarApart(t *testing.T, from uint64, answer jstest.Answer) (got []uint64) {
	t.Helper()
	c := jstest.Connect(t, ackWait, answer)
	r := New(c, 1, nil)
	defer r.Close()
	r.fastest.add(time.Microsecond) // however slow this machine is
	for m, err := range r.Aggregate(t.Context(), ReadPlan{Filter: "e.*.a.1", From: from}) {
		require.NoError(t, err)
		got = append(got, m.Seq)
	}
	return got
}

func TestAggregateOfEventsFarApartIsReadBackwards(t *testing.T) {
	for _, from := range []uint64{1, 10_001, 30_000, 40_001, 50_000} {
		got := readFarApart(t, from, func(req wire.GetRequest, reply func(*nats.Msg)) {
			if req.NextFor != "" && req.Batch > 1 {
				t.Errorf("read by subject: %+v", req)
			}
			answerAll(req, reply)
		})
		at, _ := slices.BinarySearch(farApartPositions, from)
		require.Equal(t, farApartPositions[at:], got, "from %d", from)
	}
}

// What a read backwards is answered with is checked as much as what a read by subject
// is. If it is not in order, the aggregate is read by subject.
func TestReadBackwardsThatFailsIsMadeBySubject(t *testing.T) {
	for name, wrong := range map[string]func(req wire.GetRequest) *nats.Msg{
		"not found":        func(wire.GetRequest) *nats.Msg { return jstest.Status(404, "Message Not Found") },
		"a server down":    func(wire.GetRequest) *nats.Msg { return jstest.Status(503, "") },
		"another position": func(wire.GetRequest) *nats.Msg { return farApart[20_000] },
		"another aggregate": func(r wire.GetRequest) *nats.Msg {
			return jstest.With(event(r.Seq, "k", 0, 1, 25_000), wire.HeaderSubject, "e.k.a.2")
		},
		"another kind": func(r wire.GetRequest) *nats.Msg { return event(r.Seq, "m", 0, 1, 25_000) },
		"no commit": func(r wire.GetRequest) *nats.Msg {
			return jstest.Without(event(r.Seq, "k", 0, 1, 0), wire.HeaderCommit)
		},
		"passes over some":     func(r wire.GetRequest) *nats.Msg { return event(r.Seq, "k", 0, 1, 20_000) },
		"before the beginning": func(r wire.GetRequest) *nats.Msg { return event(r.Seq, "k", 3, 4, 9000) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var bySubject atomic.Bool
			got := readFarApart(t, 1, func(req wire.GetRequest, reply func(*nats.Msg)) {
				if req.Seq == 30_000 && req.NextFor == "" {
					reply(wrong(req))
					return
				}
				if req.NextFor != "" && req.Batch > 1 {
					bySubject.Store(true)
				}
				answerAll(req, reply)
			})
			require.Equal(t, farApartPositions, got)
			require.True(t, bySubject.Load())
		})
	}
}

func TestAggregateIsReadBackwardsWhereThatIsFaster(t *testing.T) {
	for name, c := range map[string]struct {
		subjects, requests, missing int
		gap                         uint64
		size                        int
		roundTrip                   time.Duration
		backwards                   bool
	}{
		"next to each other":               {1, 1, 0, 1, 400, 100 * time.Microsecond, false},
		"far apart":                        {1, 1, 0, 3000, 400, 100 * time.Microsecond, true},
		"many that are far apart":          {1, 1, 900, 3000, 400, 100 * time.Microsecond, true},
		"far apart, of four kinds":         {4, 1, 0, 3000, 400, 100 * time.Microsecond, true},
		"many of four kinds":               {4, 1, 50, 100, 400, 50 * time.Microsecond, false},
		"each in a block of its own":       {1, 1, 0, 30_000, 400, 100 * time.Microsecond, false},
		"two in a block, as they are less": {1, 1, 0, 30_000, 200, 100 * time.Microsecond, true},
		"the server is far away":           {1, 1, 0, 3000, 400, 10 * time.Millisecond, false},
		"few are missing of eight kinds":   {8, 2, 0, 30_000, 400, 50 * time.Microsecond, true},
		"as few, the server is far away":   {8, 2, 0, 30_000, 400, 10 * time.Millisecond, false},
		"as few, and known to be all":      {8, 2, 2, 30_000, 400, 10 * time.Millisecond, true},
		"many are missing of eight kinds":  {8, 2, 20, 30_000, 400, 50 * time.Microsecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			cost := readCost{subjects: c.subjects, roundTrip: c.roundTrip}
			cost.gap(c.gap)
			require.Equal(t, c.backwards, cost.isLessBackwards(c.requests, c.missing, c.size))
		})
	}
	require.False(t, (&readCost{}).isLessBackwards(1, 0, 400), "nothing is known")
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func atoi(text string) uint64 {
	n, _ := strconv.ParseUint(text, 10, 64)
	return n
}
