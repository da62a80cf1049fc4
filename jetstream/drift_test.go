package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

const (
	refusing = "commits are refused until"
	goesOn   = "commits go on"
)

// lostAll reports whether a store says that its log lost its messages.
func lostAll(err error) bool {
	return errors.As(err, new(*jetstream.HoleError)) || errors.As(err, new(*jetstream.LostEndError))
}

// update changes the configuration of a stream that a store has open.
func update(t testing.TB, nc *nats.Conn, stream string, change func(*natsjs.StreamConfig)) {
	t.Helper()
	js := jetStream(t, nc)
	sc := streamInfo(t, nc, stream).Config
	change(&sc)
	_, err := js.UpdateStream(t.Context(), sc)
	require.NoError(t, err)
}

// driftingStore is a store whose stream is changed.
type driftingStore struct {
	*plainStore
	cfg      jetstream.Config
	log      logRecorder
	recorded int // commits that were acknowledged
	unknown  int // and those whose outcome is not known
}

func newDriftingStore(t *testing.T, replicas int) *driftingStore {
	t.Helper()
	d := &driftingStore{cfg: fresh(replicas)}
	d.cfg.Memory, d.cfg.Logger = true, d.log.logger()
	d.plainStore = openWith[string, core.NoMetadata](t, d.cfg)
	_, err := core.CommitEvents(t.Context(), d, account("b"), notes("before", 3), core.NoMetadata{})
	require.NoError(t, err)
	return d
}

// commit commits until the answer is as expected; earlier answers do not matter,
// because the store cannot know of the change yet.
func (d *driftingStore) commit(t testing.TB, what string, until func(error) bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := core.CommitEvents(ctx, d, account("a"), notes("drifting", 2), core.NoMetadata{})
		if err == nil {
			d.recorded++
		} else if errors.Is(err, core.ErrUnknownOutcome) {
			d.unknown++ // a busy machine may take longer
		}
		return until(err)
	}, 2*time.Minute, 50*time.Millisecond, what)
}

// wantRecorded checks that the commits that were acknowledged can be read, and no
// others but those of unknown outcome.
func (d *driftingStore) wantRecorded(t testing.TB, what string) {
	t.Helper()
	events := len(load(t, d.plainStore, of(account("a"))))
	require.GreaterOrEqual(t, events, 2*d.recorded, what)
	require.LessOrEqual(t, events, 2*(d.recorded+d.unknown), what)
	all := load(t, d.plainStore, core.Filter[string, uint64]{EventKind: "also.noted"})
	require.Len(t, all, events/2+1, what)
}

func changed(err error, field string) bool {
	wrong, ok := errors.AsType[*jetstream.StreamConfigError](err)
	return ok && wrong.Changed && slices.Contains(fields(wrong), field)
}

// drifts are changes that any user with the right to update a stream can make, and
// how to undo them, where that is possible.
var drifts = map[string]struct{ change, back func(*natsjs.StreamConfig) }{
	"max_age":              {func(c *natsjs.StreamConfig) { c.MaxAge = time.Hour }, func(c *natsjs.StreamConfig) { c.MaxAge = 0 }},
	"max_msgs":             {func(c *natsjs.StreamConfig) { c.MaxMsgs = 1 << 20 }, func(c *natsjs.StreamConfig) { c.MaxMsgs = -1 }},
	"max_msgs_per_subject": {func(c *natsjs.StreamConfig) { c.MaxMsgsPerSubject = 1 << 20 }, func(c *natsjs.StreamConfig) { c.MaxMsgsPerSubject = -1 }},
	"discard":              {func(c *natsjs.StreamConfig) { c.Discard = natsjs.DiscardOld }, func(c *natsjs.StreamConfig) { c.Discard = natsjs.DiscardNew }},
	"allow_direct":         {func(c *natsjs.StreamConfig) { c.AllowDirect = false }, func(c *natsjs.StreamConfig) { c.AllowDirect = true }},
	"allow_atomic":         {func(c *natsjs.StreamConfig) { c.AllowAtomicPublish = false }, func(c *natsjs.StreamConfig) { c.AllowAtomicPublish = true }},
	"no_ack": {
		func(c *natsjs.StreamConfig) { c.NoAck, c.AllowAtomicPublish = true, false },
		func(c *natsjs.StreamConfig) { c.NoAck, c.AllowAtomicPublish = false, true },
	},
	"subjects": {
		func(c *natsjs.StreamConfig) { c.Subjects = []string{c.Subjects[0], c.Name + ".more"} },
		func(c *natsjs.StreamConfig) { c.Subjects = c.Subjects[:1] },
	},
	"subject_transform": {
		func(c *natsjs.StreamConfig) {
			c.SubjectTransform = &natsjs.SubjectTransformConfig{Source: "nothing." + c.Name, Destination: "something." + c.Name}
		},
		func(c *natsjs.StreamConfig) { c.SubjectTransform = nil },
	},
	"republish": {
		func(c *natsjs.StreamConfig) {
			c.RePublish = &natsjs.RePublish{Source: ">", Destination: "copies-of-" + c.Name + ".>"}
		},
		func(c *natsjs.StreamConfig) { c.RePublish = nil },
	},
	"metadata es.format": {
		func(c *natsjs.StreamConfig) { c.Metadata["es.format"] = "1" },
		func(c *natsjs.StreamConfig) { c.Metadata["es.format"] = "2" },
	},
	"metadata es.store_id": {
		func(c *natsjs.StreamConfig) { c.Metadata["es.store_id"] += "-of-another" },
		func(c *natsjs.StreamConfig) {
			c.Metadata["es.store_id"] = strings.TrimSuffix(c.Metadata["es.store_id"], "-of-another")
		},
	},
	"sealed":        {func(c *natsjs.StreamConfig) { c.Sealed = true }, nil},
	"allow_msg_ttl": {func(c *natsjs.StreamConfig) { c.AllowMsgTTL = true }, nil},
	"retention":     {func(c *natsjs.StreamConfig) { c.Retention = natsjs.InterestPolicy }, nil},
}

// The store returns an error, and writes nothing that could be lost.
func TestConfigurationDriftRefusesCommitsUntilItIsCorrected(t *testing.T) {
	t.Parallel()
	nc := connect(t, 1)
	stores := make(map[string]*driftingStore) // all wait together
	for field, c := range drifts {
		stores[field] = newDriftingStore(t, 1)
		update(t, nc, stores[field].cfg.Stream, c.change)
	}
	for field, d := range stores {
		var said error
		if field != "no_ack" { // where nobody is told that an event was written
			d.commit(t, field, func(err error) bool {
				said = err
				return changed(err, field) || field == "retention" && lostAll(err)
			})
		}
		if lostAll(said) {
			continue // the end of the log was looked at before the configuration
		}
		used := func() bool { _, _ = d.LatestVersion(t.Context()); return d.log.count(refusing) > 0 }
		require.Eventually(t, used, 2*time.Minute, 50*time.Millisecond, field)

		_, err := d.Commit(t.Context(), plainCommit{Key: account("c"), Events: notes("refused", 1)})
		require.True(t, changed(err, field), "%v", err)
		require.ErrorContains(t, err, "was changed")
		require.NotErrorIs(t, err, core.ErrUnknownOutcome)
		require.NotErrorIs(t, err, core.ErrConflict)
	}
	for field, d := range stores {
		if field == "retention" { // which has thrown all away
			continue
		}
		require.Len(t, load(t, d.plainStore, of(account("b"))), 3, "%s: reads go on", field)
		d.wantRecorded(t, field)
		_, err := d.Version(t.Context(), account("a"))
		require.NoError(t, err)
		require.Empty(t, load(t, d.plainStore, of(account("c"))), field)
	}
	for field, d := range stores {
		if back := drifts[field].back; back != nil {
			update(t, nc, d.cfg.Stream, back)
		}
	}
	for field, d := range stores {
		require.Equal(t, 1, d.log.count(refusing), "it is said once: %s", &d.log)
		if drifts[field].back != nil {
			d.commit(t, field, func(err error) bool { return err == nil })
			d.wantRecorded(t, field)
			require.Equal(t, 1, d.log.count(goesOn), field)
		}
	}
}

func TestDeletedOrRecreatedStreamRefusesCommits(t *testing.T) {
	t.Parallel()
	var stores []*driftingStore
	for _, replicas := range []int{1, 3} {
		d := newDriftingStore(t, replicas)
		stores = append(stores, d)
		js := jetStream(t, connect(t, replicas))
		require.NoError(t, js.DeleteStream(t.Context(), d.cfg.Stream))
	}
	for _, d := range stores {
		d.commit(t, "it is gone", func(err error) bool { return changed(err, "stream") })
		again := openWith[string, core.NoMetadata](t, d.cfg)
		position, err := core.CommitEvents(t.Context(), again, account("a"), notes("anew", 3), core.NoMetadata{})
		require.NoError(t, err)
		require.Equal(t, uint64(3), position)
		eventually(t, func() bool { return d.log.count(refusing) == 2 }, "the old store sees that it is another")
		_, err = core.CommitEvents(t.Context(), d, account("a"), notes("to the wrong one", 1), core.NoMetadata{})
		require.True(t, changed(err, "metadata es.store_id"), "%v", err)
		require.Len(t, load(t, again, of(account("a"))), 3, "the new one has its own events alone")
		require.Zero(t, d.log.count(goesOn), "%s", &d.log)
	}
}

// A store that is not in use does not check the configuration, so it has found the
// drift when its connection came back.
func TestDriftDuringAnOutageIsFoundOnReconnect(t *testing.T) {
	var log logRecorder
	w := &gate{proxy: newProxy(1)}
	nc, err := nats.Connect("", nats.InProcessServer(w), nats.MaxReconnects(-1), nats.ReconnectWait(time.Millisecond))
	require.NoError(t, err)
	defer nc.Close()
	cfg := fresh(1)
	cfg.Logger = log.logger()
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
	require.NoError(t, err)
	defer s.Close()
	w.shut.Store(true)
	w.cutAll()
	eventually(t, func() bool { return !nc.IsConnected() }, "the client notices")
	update(t, connect(t, 1), cfg.Stream, func(c *natsjs.StreamConfig) { c.MaxAge = time.Hour })
	w.shut.Store(false)
	eventually(t, func() bool { return log.count(refusing) == 1 }, "it looks when it is back")
	_, err = core.CommitEvents(t.Context(), s, account("a"), notes("refused", 1), core.NoMetadata{})
	require.True(t, changed(err, "max_age"), "%v", err)
}

// An answer may come from a replica that lags, as soon as there are any: a store
// that still took the stream for unreplicated would miss what was acked.
func TestAddedReplicasAreReadAsReplicas(t *testing.T) {
	t.Parallel()
	var log logRecorder
	cfg := fresh(0)
	cfg.Logger = log.logger()
	var stores []*plainStore
	for range 3 { // in turn, so one on each member
		s, err := open(t, connect(t, 3), cfg)
		require.NoError(t, err)
		stores = append(stores, s)
	}
	nc := connect(t, 3)
	commit := func(n int) error {
		at, err := stores[0].Version(t.Context(), account("a"))
		require.NoError(t, err)
		_, err = core.CommitEventsOptimistic(t.Context(), stores[n%3], account("a"), at, notes(fmt.Sprint(n), 1), core.NoMetadata{})
		return err
	}
	require.NoError(t, commit(0))
	update(t, nc, cfg.Stream, func(c *natsjs.StreamConfig) { c.Replicas = 3 })
	require.Eventually(t, func() bool {
		for _, s := range stores { // one that is not used does not look
			_, _ = s.LatestVersion(t.Context())
		}
		return log.count("replicas=3") == len(stores)
	}, 2*time.Minute, 50*time.Millisecond, "each store notices")
	current := func() bool {
		c := streamInfo(t, nc, cfg.Stream).Cluster
		return c != nil && len(c.Replicas) == 2 && c.Replicas[0].Current && c.Replicas[1].Current
	}
	eventually(t, current, "the replicas have caught up")
	for n := 1; n <= 100; n++ {
		require.NoError(t, commit(n))
		require.Len(t, load(t, stores[(n+1)%3], of(account("a"))), n+1)
	}
	require.Zero(t, log.count(refusing), "%s", &log)

	update(t, nc, cfg.Stream, func(c *natsjs.StreamConfig) { c.Replicas = 1 })
	require.Eventually(t, func() bool {
		for _, s := range stores {
			_, _ = s.LatestVersion(t.Context())
		}
		return log.count("replicas=1") == len(stores)
	}, 2*time.Minute, 50*time.Millisecond, "and back")
	require.NoError(t, commit(101))
}

// Close ends the check of the configuration, wherever it is.
func TestCloseEndsTheCheckOfTheConfiguration(t *testing.T) {
	w := newProxy(1)
	cfg := impatient(1)
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), w.connect(t), cfg)
	require.NoError(t, err)
	w.loses(everything)
	w.cutAll() // it looks as soon as it is back, and is not answered
	promptly(t, "Close", func() { require.NoError(t, s.Close()) })
}
