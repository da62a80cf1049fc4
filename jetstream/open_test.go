package jetstream_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// open opens a store of plain strings, and closes it when the test ends.
func open(t testing.TB, nc *nats.Conn, cfg jetstream.Config) (*plainStore, error) {
	t.Helper()
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
	if err == nil {
		t.Cleanup(func() { require.NoError(t, s.Close()) })
	}
	return s, err
}

// served is the config of a stream with every field as the server names it.
func served(t testing.TB, nc *nats.Conn, stream string) map[string]any {
	t.Helper()
	answer, err := nc.RequestWithContext(t.Context(), "$JS.API.STREAM.INFO."+stream, nil)
	require.NoError(t, err)
	var info struct{ Config map[string]any }
	require.NoError(t, json.Unmarshal(answer.Data, &info))
	return info.Config
}

func TestOpenCreatesAStreamThatKeepsEverything(t *testing.T) {
	for _, replicas := range []int{0, 3} {
		cfg := fresh(replicas)
		nc := connect(t, replicas)
		s, err := open(t, nc, cfg)
		require.NoError(t, err)
		got := served(t, nc, cfg.Stream)
		meta := got["metadata"].(map[string]any)
		require.Equal(t, s.StoreID(), meta["es.store_id"])
		require.Equal(t, "2", meta["es.format"])
		require.Equal(t, "true", meta["io.nats.monitor.enabled"])
		delete(got, "metadata")
		require.Equal(t, map[string]any{
			"name": cfg.Stream, "subjects": []any{cfg.Prefix + ".*.*.*"},
			"storage": "file", "retention": "limits", "discard": "new", "compression": "none",
			"max_age": 0.0, "max_msgs": -1.0, "max_msgs_per_subject": -1.0, "max_bytes": -1.0,
			"max_msg_size": -1.0, "max_consumers": -1.0, "num_replicas": float64(max(replicas, 1)),
			"duplicate_window": float64(2 * time.Minute), "consumer_limits": map[string]any{},
			"deny_delete": true, "deny_purge": true, "sealed": false, "allow_rollup_hdrs": false,
			"allow_direct": true, "mirror_direct": false, "allow_atomic": true, "allow_msg_ttl": false,
		}, got)
	}
}

func TestOpenCreatesTheConfiguredStream(t *testing.T) {
	nc := connect(t, 1)
	cfg := fresh(1)
	cfg.Memory, cfg.MaxBytes = true, 1<<20
	_, err := open(t, nc, cfg)
	require.NoError(t, err)
	got := served(t, nc, cfg.Stream)
	require.Equal(t, "memory", got["storage"])
	require.Equal(t, float64(1<<20), got["max_bytes"])

	cfg = fresh(1)
	cfg.Compress = true
	_, err = open(t, nc, cfg)
	require.NoError(t, err)
	require.Equal(t, "s2", served(t, nc, cfg.Stream)["compression"])

	cfg = fresh(3)
	cfg.Placement = &natsjs.Placement{Tags: []string{"nowhere"}}
	_, err = open(t, connect(t, 3), cfg)
	require.Error(t, err, "no server has that tag")
}

func TestOpenAdoptsTheStreamThatItCreated(t *testing.T) {
	cfg := fresh(1)
	first, err := open(t, connect(t, 1), cfg)
	require.NoError(t, err)
	_, err = core.CommitEvents(t.Context(), first, account("a"), notes("kept", 1), core.NoMetadata{})
	require.NoError(t, err)
	nc := connect(t, 1)
	before := served(t, nc, cfg.Stream)
	cfg.Memory, cfg.MaxBytes, cfg.Compress = true, 1000, true // for a stream that is created only
	again, err := open(t, nc, cfg)
	require.NoError(t, err)
	require.Equal(t, first.StoreID(), again.StoreID())
	require.Len(t, load(t, again, of(account("a"))), 1)
	require.Equal(t, before, served(t, nc, cfg.Stream))
}

func TestConcurrentOpensShareOneStore(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		cfg := fresh(replicas)
		ids := make([]string, 8)
		errs := make([]error, len(ids))
		var all sync.WaitGroup
		for i := range ids {
			nc := connect(t, replicas)
			all.Go(func() {
				s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
				if errs[i] = err; err == nil {
					ids[i] = s.StoreID()
					errs[i] = s.Close()
				}
			})
		}
		all.Wait()
		for i := range ids {
			require.NoError(t, errs[i])
			require.Equal(t, ids[0], ids[i])
		}
		require.NotEmpty(t, ids[0])
	}
}

// good is a stream as it must be, created by another program.
func good(cfg jetstream.Config) natsjs.StreamConfig {
	return natsjs.StreamConfig{
		Name: cfg.Stream, Subjects: []string{cfg.Prefix + ".>"}, Discard: natsjs.DiscardNew,
		DenyDelete: true, DenyPurge: true, AllowDirect: true, AllowAtomicPublish: true, Replicas: max(cfg.Replicas, 1),
	}
}

// create makes a stream that is deleted when the test ends.
func create(t testing.TB, nc *nats.Conn, sc natsjs.StreamConfig) {
	t.Helper()
	js := jetStream(t, nc)
	_, err := js.CreateStream(t.Context(), sc)
	require.NoError(t, err)
	t.Cleanup(func() { _ = js.DeleteStream(context.Background(), sc.Name) }) // it may be gone
}

func TestOpenAdoptsAStreamThatKeepsThePromises(t *testing.T) {
	nc := connect(t, 1)
	for _, subjects := range []string{".>", ".*.*.*"} {
		cfg := fresh(1)
		sc := good(cfg)
		sc.Subjects = []string{cfg.Prefix + subjects}
		create(t, nc, sc)
		s, err := open(t, nc, cfg)
		require.NoError(t, err)
		_, err = core.CommitEvents(t.Context(), s, account("a"), notes("adopted", 3), core.NoMetadata{})
		require.NoError(t, err)
		require.Len(t, load(t, s, of(account("a"))), 3)
	}
}

func TestOpenRefusesEachUnsafeSetting(t *testing.T) {
	cases := map[string]func(*natsjs.StreamConfig){
		"subjects":                  func(c *natsjs.StreamConfig) { c.Subjects = append(c.Subjects, c.Name+".other") },
		"storage":                   func(c *natsjs.StreamConfig) { c.Storage = natsjs.MemoryStorage },
		"retention":                 func(c *natsjs.StreamConfig) { c.Retention = natsjs.InterestPolicy },
		"discard":                   func(c *natsjs.StreamConfig) { c.Discard = natsjs.DiscardOld },
		"max_age":                   func(c *natsjs.StreamConfig) { c.MaxAge = time.Hour },
		"max_msgs":                  func(c *natsjs.StreamConfig) { c.MaxMsgs = 100 },
		"max_msgs_per_subject":      func(c *natsjs.StreamConfig) { c.MaxMsgsPerSubject = 1 },
		"no_ack":                    func(c *natsjs.StreamConfig) { c.NoAck, c.AllowAtomicPublish = true, false },
		"deny_delete":               func(c *natsjs.StreamConfig) { c.DenyDelete = false },
		"deny_purge":                func(c *natsjs.StreamConfig) { c.DenyPurge = false },
		"allow_rollup_hdrs":         func(c *natsjs.StreamConfig) { c.AllowRollup, c.DenyPurge = true, false },
		"allow_direct":              func(c *natsjs.StreamConfig) { c.AllowDirect = false },
		"allow_atomic":              func(c *natsjs.StreamConfig) { c.AllowAtomicPublish = false },
		"allow_msg_ttl":             func(c *natsjs.StreamConfig) { c.AllowMsgTTL = true },
		"subject_delete_marker_ttl": func(c *natsjs.StreamConfig) { c.SubjectDeleteMarkerTTL, c.DenyPurge = time.Minute, false },
		"allow_msg_counter": func(c *natsjs.StreamConfig) {
			c.AllowMsgCounter, c.Discard, c.AllowAtomicPublish = true, natsjs.DiscardOld, false
		},
		"allow_msg_schedules": func(c *natsjs.StreamConfig) {
			c.AllowMsgSchedules, c.Discard, c.DenyPurge, c.AllowRollup = true, natsjs.DiscardOld, false, true
		},
		"persist_mode": func(c *natsjs.StreamConfig) { c.PersistMode, c.AllowAtomicPublish = natsjs.AsyncPersistMode, false },
		"mirror": func(c *natsjs.StreamConfig) {
			c.Mirror, c.Subjects, c.Discard = &natsjs.StreamSource{Name: "ELSEWHERE"}, nil, natsjs.DiscardOld
			c.AllowAtomicPublish = false
		},
		"sources": func(c *natsjs.StreamConfig) { c.Sources = []*natsjs.StreamSource{{Name: "ELSEWHERE"}} },
		"subject_transform": func(c *natsjs.StreamConfig) {
			c.SubjectTransform = &natsjs.SubjectTransformConfig{Source: c.Subjects[0], Destination: "moved." + c.Subjects[0]}
		},
		"republish": func(c *natsjs.StreamConfig) {
			c.RePublish = &natsjs.RePublish{Source: ">", Destination: "copies-of-" + c.Name + ".>"}
		},
		"discard_new_per_subject": func(c *natsjs.StreamConfig) { c.DiscardNewPerSubject, c.MaxMsgsPerSubject = true, 5 },
		"metadata es.format":      func(c *natsjs.StreamConfig) { c.Metadata = map[string]string{"es.format": "1"} },
	}
	nc := connect(t, 1)
	for field, change := range cases {
		t.Run(field, func(t *testing.T) {
			cfg := fresh(1)
			sc := good(cfg)
			change(&sc)
			create(t, nc, sc)
			before := served(t, nc, cfg.Stream)
			_, err := open(t, nc, cfg)
			wrong, ok := errors.AsType[*jetstream.StreamConfigError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, cfg.Stream, wrong.Stream)
			require.Contains(t, fields(wrong), field)
			require.ErrorContains(t, err, field)
			require.Equal(t, before, served(t, nc, cfg.Stream), "the stream is as it was")
		})
	}
}

func fields(e *jetstream.StreamConfigError) (names []string) {
	for _, f := range e.Fields {
		names = append(names, f.Field)
	}
	return names
}

func TestOpenListsAllUnsafeSettings(t *testing.T) {
	nc := connect(t, 1)
	cfg := fresh(1)
	create(t, nc, natsjs.StreamConfig{
		Name: cfg.Stream, Subjects: []string{cfg.Prefix + ".>", cfg.Prefix + "-more"}, Storage: natsjs.MemoryStorage,
		Retention: natsjs.WorkQueuePolicy, MaxAge: time.Hour, MaxMsgs: 10, MaxMsgsPerSubject: 2, AllowRollup: true,
		AllowMsgTTL: true, RePublish: &natsjs.RePublish{Source: ">", Destination: "copies-of-" + cfg.Stream + ".>"},
		Metadata: map[string]string{"es.format": "0"},
	})
	_, err := open(t, nc, cfg)
	wrong, ok := errors.AsType[*jetstream.StreamConfigError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, []string{
		"subjects", "storage", "retention", "discard", "max_age", "max_msgs", "max_msgs_per_subject",
		"deny_delete", "deny_purge", "allow_rollup_hdrs", "allow_direct", "allow_atomic", "allow_msg_ttl",
		"republish", "metadata es.format",
	}, fields(wrong))
	for _, f := range wrong.Fields {
		require.NotEqual(t, f.Got, f.Want, f.Field)
	}
}

func TestReplicasMayBeMoreThanAskedForButNotFewer(t *testing.T) {
	nc := connect(t, 3)
	cfg := fresh(3)
	create(t, nc, good(cfg))
	for _, asked := range []int{0, 1, 2, 3} {
		cfg.Replicas = asked
		_, err := open(t, nc, cfg)
		require.NoError(t, err, "%d asked", asked)
	}
	cfg = fresh(1)
	create(t, nc, good(cfg))
	cfg.Replicas = 3
	_, err := open(t, nc, cfg)
	wrong, ok := errors.AsType[*jetstream.StreamConfigError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, []jetstream.FieldError{{Field: "num_replicas", Got: "1", Want: "3 or more"}}, wrong.Fields)
}

func TestOverlappingStreamIsAnError(t *testing.T) {
	nc := connect(t, 1)
	cfg := fresh(1)
	other := good(cfg)
	other.Name += "-OTHER"
	create(t, nc, other)
	_, err := open(t, nc, cfg)
	overlap, ok := errors.AsType[*jetstream.OverlapError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, jetstream.OverlapError{Store: cfg.Stream, Prefix: cfg.Prefix, Stream: other.Name}, *overlap)
	require.ErrorContains(t, err, "stream "+other.Name+" also has subjects under "+cfg.Prefix)
}

func TestServerWithoutJetStreamIsAnError(t *testing.T) {
	srv, err := server.NewServer(&server.Options{DontListen: true, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	srv.Start()
	defer srv.WaitForShutdown()
	defer srv.Shutdown()
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	_, err = open(t, nc, fresh(1))
	require.ErrorIs(t, err, jetstream.ErrNoJetStream)
}

func TestAccountWithoutJetStreamIsAnError(t *testing.T) {
	srv, err := embedded.Start(embedded.Config{Options: func(o *server.Options) {
		without := server.NewAccount("without")
		o.Accounts = []*server.Account{without}
		o.Users = []*server.User{{Username: "u", Password: "p", Account: without}}
	}})
	require.NoError(t, err)
	defer srv.Close()
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.UserInfo("u", "p"), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	_, err = open(t, nc, fresh(1))
	require.ErrorIs(t, err, jetstream.ErrNoJetStream)
}

func TestConfigErrorListsEveryMistake(t *testing.T) {
	_, err := open(t, connect(t, 1), jetstream.Config{
		Stream: "a b", Prefix: "a.b", Replicas: 6, MaxBytes: -1, Domain: "*", GroupCommit: 3, AckWait: -1, Timeout: -1, MaxScans: -1,
		Codecs: []codec.Codec{nil},
	})
	wrong, ok := errors.AsType[*jetstream.ConfigError](err)
	require.True(t, ok, "%v", err)
	var begins []string
	for _, p := range wrong.Problems {
		name, _, _ := strings.Cut(p, " ")
		begins = append(begins, name)
		require.ErrorContains(t, err, p)
	}
	require.Equal(t, []string{"Stream", "Prefix", "Codecs", "Replicas", "MaxBytes", "Domain", "GroupCommit", "AckWait", "Timeout", "MaxScans"}, begins)

	for _, bad := range []jetstream.Config{
		{Stream: "a.b"}, {Stream: "*"}, {Stream: strings.Repeat("s", 256)}, {Prefix: ">"}, {Prefix: "é"},
		{Prefix: "$JS"}, {Prefix: strings.Repeat("p", 65)}, {Replicas: -1}, {Domain: "a.b"},
	} {
		_, err := open(t, connect(t, 1), bad)
		_, ok := errors.AsType[*jetstream.ConfigError](err)
		require.True(t, ok, "%+v: %v", bad, err)
	}
}

type hidden struct{ secret int }

func TestUnusableTypesAreRefused(t *testing.T) {
	nc := connect(t, 1)
	_, err := jetstream.Open[int, core.NoMetadata](t.Context(), nc, fresh(1)) // package codec tests which can be used
	_, ok := errors.AsType[*codec.IDTypeError](err)
	require.True(t, ok, "%v", err)

	_, err = jetstream.Open[string, hidden](t.Context(), nc, fresh(1))
	lost, ok := errors.AsType[*codec.HiddenFieldError](err)
	require.True(t, ok, "%v", err)
	require.Contains(t, lost.Field, "secret")
	_ = hidden{}.secret
}

func TestRecreatedStreamIsAnotherStore(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		nc := connect(t, replicas)
		js := jetStream(t, nc)
		cfg := fresh(replicas)
		seen := make(map[string]bool)
		for range 2 {
			_, err := js.CreateStream(t.Context(), good(cfg)) // without an id of ours
			require.NoError(t, err)
			s, err := open(t, nc, cfg)
			require.NoError(t, err)
			require.NotEmpty(t, s.StoreID())
			for range 4 {
				again, err := open(t, connect(t, replicas), cfg)
				require.NoError(t, err)
				require.Equal(t, s.StoreID(), again.StoreID(), "whoever answers")
			}
			seen[s.StoreID()] = true
			require.NoError(t, js.DeleteStream(t.Context(), cfg.Stream))
		}
		s, err := open(t, nc, cfg)
		require.NoError(t, err)
		seen[s.StoreID()] = true
		require.Len(t, seen, 3)
	}
}

func TestTwoStoresOfAnAccountAreSeparate(t *testing.T) {
	nc := connect(t, 1)
	a, err := open(t, nc, fresh(1))
	require.NoError(t, err)
	b, err := open(t, nc, fresh(1))
	require.NoError(t, err)
	require.NotEqual(t, a.StoreID(), b.StoreID())
	_, err = core.CommitEvents(t.Context(), a, account("1"), notes("a", 2), core.NoMetadata{})
	require.NoError(t, err)
	require.Empty(t, load(t, b, core.Filter[string, uint64]{}))
	require.Empty(t, load(t, b, of(account("1"))))
	position, err := core.CommitEventsOptimistic(t.Context(), b, account("1"), core.Version[uint64]{}, notes("b", 1), core.NoMetadata{})
	require.NoError(t, err)
	require.Equal(t, uint64(1), position)
	require.Len(t, load(t, a, core.Filter[string, uint64]{}), 2)
}

func TestOpenOnAClosedConnectionIsAnError(t *testing.T) {
	nc := connect(t, 1)
	nc.Close()
	_, err := open(t, nc, fresh(1))
	require.ErrorIs(t, err, nats.ErrConnectionClosed)
	_, old := errors.AsType[*jetstream.ServerVersionError](err)
	require.False(t, old, "what is gone has no version")
}

func TestOpenWaitsForReconnect(t *testing.T) {
	w := &gate{proxy: newProxy(1)}
	nc, err := nats.Connect("", nats.InProcessServer(w), nats.MaxReconnects(-1), nats.ReconnectWait(time.Millisecond),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	require.NoError(t, err)
	defer nc.Close()
	w.shut.Store(true)
	w.cutAll()
	eventually(t, func() bool { return !nc.IsConnected() }, "the client notices")

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = jetstream.Open[string, core.NoMetadata](ctx, nc, fresh(1))
	require.ErrorIs(t, err, context.DeadlineExceeded)

	back := time.AfterFunc(20*time.Millisecond, func() { w.shut.Store(false) })
	defer back.Stop()
	_, err = open(t, nc, fresh(1))
	require.NoError(t, err)
}

func TestOpenEndsWithTheContext(t *testing.T) {
	cfg := fresh(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	nc := connect(t, 1)
	_, err := jetstream.Open[string, core.NoMetadata](ctx, nc, cfg)
	require.ErrorIs(t, err, context.Canceled)
	js := jetStream(t, nc)
	_, err = js.Stream(t.Context(), cfg.Stream)
	require.ErrorIs(t, err, natsjs.ErrStreamNotFound)
}
