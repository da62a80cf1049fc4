package jetstream_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// tearing opens stores for a suite, and tears commits in them.
type tearing struct {
	opened sync.Map // of core.EventStore: its handle
}

// handle is what a store was opened with.
type handle struct {
	nc  *nats.Conn
	cfg jetstream.Config
}

type (
	textStore  = core.EventStore[string, uint64, string]
	textCommit = core.Commit[string, uint64, string]
)

func (o *tearing) open(t *testing.T) textStore {
	t.Helper()
	h := handle{connect(t, 1), fresh(1)}
	removeAfter(t, h.cfg)
	s, err := jetstream.Open[string, string](t.Context(), h.nc, h.cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	o.opened.Store(s, h)
	return s
}

// tear leaves in the stream what a server keeps that loses power inside a batch: the
// first messages of a commit. As after a restart of the server, the connection of the
// store is lost and comes back. A writer looks at the end of the log before it writes,
// so an earlier commit was closed before.
func (o *tearing) tear(t *testing.T, store textStore, keep int, commits ...textCommit) {
	t.Helper()
	found, _ := o.opened.Load(store)
	h := found.(handle)
	eventually(t, func() bool { return h.isWhole(t) }, "the store closes the commit that was torn before")
	for _, m := range h.messages(t, commits)[:keep] {
		publish(t, h.nc, m.Subject, string(m.Data), m.Header)
	}
	before := h.nc.Stats().Reconnects
	require.NoError(t, h.nc.ForceReconnect())
	eventually(t, func() bool { return h.nc.Stats().Reconnects > before && h.nc.IsConnected() }, "the connection comes back")
}

// commitUnreadable commits with a store of the same stream whose metadata is a
// number.
func (o *tearing) commitUnreadable(t *testing.T, store textStore, key core.Key[string], events ...core.Event) {
	t.Helper()
	found, _ := o.opened.Load(store)
	h := found.(handle)
	earlier, err := jetstream.Open[string, int](t.Context(), h.nc, h.cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, earlier.Close()) }()
	_, err = core.CommitEvents(t.Context(), earlier, key, events, 7)
	require.NoError(t, err)
}

// messages returns the messages of a commit, as the wire format describes them.
func (h handle) messages(t *testing.T, commits []textCommit) (all []*nats.Msg) {
	t.Helper()
	subjects, err := wire.NewSubjects[string](h.cfg.Prefix)
	require.NoError(t, err)
	header := wire.CommitHeader{CommitInfo: core.CommitInfo{ID: rand.Text()}}
	for _, c := range commits {
		header.Total += max(1, len(c.Events))
	}
	for _, c := range commits {
		part, filter := encoded(t, subjects, c)
		header.Previous, header.Offset, header.Count = h.last(t, filter), len(all), len(part)
		for i, m := range part {
			header.Index = i
			m.Header = nats.Header{"Content-Type": {"application/json"}, "Es-Commit": {header.String()}}
			if c.Entry == nil {
				metadata, err := json.Marshal(c.Metadata)
				require.NoError(t, err)
				m.Header["Es-Metadata"] = []string{string(metadata)}
			}
		}
		all = append(all, part...)
	}
	return all
}

// encoded returns the messages of one of the commits, without headers, and the
// subjects of its aggregate or its entries.
func encoded(t *testing.T, subjects *wire.Subjects[string], c textCommit) (msgs []*nats.Msg, filter string) {
	t.Helper()
	if c.Entry != nil {
		filter, err := subjects.Entries(c.Entry.Key)
		require.NoError(t, err)
		subject, err := subjects.Entry(c.Entry.Kind, filter)
		require.NoError(t, err)
		return []*nats.Msg{{Subject: subject, Data: c.Entry.Data}}, filter
	}
	aggregate, err := subjects.Aggregate(c.Key)
	require.NoError(t, err)
	for _, e := range c.Events {
		subject, err := subjects.Event(e.EventKind(), aggregate)
		require.NoError(t, err)
		data, err := json.Marshal(e)
		require.NoError(t, err)
		msgs = append(msgs, &nats.Msg{Subject: subject, Data: data})
	}
	return msgs, subjects.All(aggregate)
}

// isWhole reports whether no commit at the end of the log lacks its end.
func (h handle) isWhole(t *testing.T) bool {
	t.Helper()
	last := h.last(t, ">")
	return last == 0 || endOf(t, h.nc, h.cfg.Stream, last) == last
}

// last returns the position of the last message on a filter; 0 if there is none.
func (h handle) last(t *testing.T, filter string) uint64 {
	t.Helper()
	stream := streamOf(t, h.nc, h.cfg.Stream)
	m, err := stream.GetLastMsgForSubject(t.Context(), filter)
	if errors.Is(err, natsjs.ErrMsgNotFound) {
		return 0
	}
	require.NoError(t, err)
	return m.Sequence
}
