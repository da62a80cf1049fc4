package jetstream_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// What a user brings in as text stays text, whatever it looks like.
func TestUserDataNeverBecomesAHeader(t *testing.T) {
	nc := connect(t, 1)
	cfg := fresh(1)
	s, err := jetstream.Open[string, map[string]string](t.Context(), nc, cfg)
	require.NoError(t, err)
	defer s.Close()
	nasty := []string{
		"x\r\nNats-Rollup: all", "x\nNats-Msg-Id: 1\n", "\r\n\r\n{}", "\x00", "Es-Commit: X 0 0/1 0", "  trimmed  ", "\u2028", "Nats-Expected-Last-Sequence",
		"Nats-TTL: 1s", "a: b", "{\"a\"", "*", ">", "\x7f\x1b[31m", "\xff\xfe",
	}
	// JSON refuses what is no text; names can be anything.
	value := func(text string) string { return strings.ToValidUTF8(text, "?") }
	for i, text := range nasty {
		_, err := s.Commit(t.Context(), core.Commit[string, uint64, map[string]string]{
			Key: core.Key[string]{Kind: "account", ID: text}, Unchecked: true, CommandID: text,
			Metadata: map[string]string{value(text): value(text), "Nats-Rollup": "all"},
			Events:   []core.Event{noted{Attempt: value(text)}, also{noted{Attempt: value(text)}}},
		})
		require.NoError(t, err, "%q", text)
		require.Equal(t, uint64(2*i+2), streamInfo(t, nc, cfg.Stream).State.Msgs, "%q did nothing else", text)
	}
	ours := map[string]bool{
		"Content-Type": true, "Es-Commit": true, "Es-Command": true, "Es-Metadata": true, "Nats-Batch-Id": true, "Nats-Batch-Sequence": true, "Nats-Batch-Commit": true,
		"Nats-Stream": true, "Nats-Subject": true, "Nats-Sequence": true, "Nats-Time-Stamp": true, // of the answer
		"Nats-Expected-Last-Subject-Sequence": true, "Nats-Expected-Last-Subject-Sequence-Subject": true,
	}
	stream := streamOf(t, nc, cfg.Stream)
	for seq := range uint64(2 * len(nasty)) {
		m, err := stream.GetMsg(t.Context(), seq+1)
		require.NoError(t, err)
		for name, values := range m.Header {
			require.True(t, ours[name], "%q", name) // and once: none was there before the server's
			require.Len(t, values, 1, name)
		}
	}
	n := 0
	for e, err := range s.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		text := nasty[n/2]
		require.Equal(t, text, e.Key.ID)
		require.Equal(t, text, e.CommandID)
		require.Equal(t, map[string]string{value(text): value(text), "Nats-Rollup": "all"}, e.Metadata)
		n++
	}
	require.Equal(t, 2*len(nasty), n)
}

// A store has no credentials: it uses a connection that has them.
func TestStoreUsesTheCredentialsOfItsConnection(t *testing.T) {
	t.Parallel()
	user, err := nkeys.CreateUser()
	require.NoError(t, err)
	public, err := user.PublicKey()
	require.NoError(t, err)
	srv, err := embedded.Start(embedded.Config{Options: func(o *server.Options) {
		o.Nkeys = []*server.NkeyUser{{Nkey: public}}
		o.Users = []*server.User{{Username: "u", Password: "p"}}
	}})
	require.NoError(t, err)
	defer srv.Close()
	_, err = nats.Connect("", nats.InProcessServer(srv), nats.UserInfo("u", "guessed"), nats.Timeout(500*time.Millisecond))
	require.Error(t, err, "no access without credentials")
	for name, option := range map[string]nats.Option{"nkey": nats.Nkey(public, user.Sign), "password": nats.UserInfo("u", "p")} {
		nc, err := nats.Connect("", nats.InProcessServer(srv), option, nats.Timeout(time.Minute))
		require.NoError(t, err)
		defer nc.Close()
		s, err := open(t, nc, jetstream.Config{})
		require.NoError(t, err)
		_, err = core.CommitEvents(t.Context(), s, account(name), notes(name, 2), core.NoMetadata{})
		require.NoError(t, err)
		require.Len(t, load(t, s, of(account(name))), 2)
	}
}

// A store logs its faults, and nothing of the data that it holds.
func TestLogsHoldNoSecret(t *testing.T) {
	t.Parallel()
	const payload, metadata, command, password = "payload-5ecret", "metadata-5ecret", "command-5ecret", "password-5ecret"
	rng := randomly(t)
	srv, err := embedded.Start(embedded.Config{Options: func(o *server.Options) {
		o.Users = []*server.User{{Username: "u", Password: password}}
	}})
	require.NoError(t, err)
	defer srv.Close()
	w := newProxy(1)
	w.server = srv
	nc, err := nats.Connect("", nats.InProcessServer(w), nats.UserInfo("u", password), nats.MaxReconnects(-1), nats.ReconnectWait(time.Millisecond),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	require.NoError(t, err)
	defer nc.Close()
	var log logRecorder
	cfg := jetstream.Config{AckWait: 50 * time.Millisecond, Logger: log.logger()}
	s, err := jetstream.Open[string, string](t.Context(), nc, cfg)
	require.NoError(t, err)
	defer s.Close()
	l := &corrupter{proxy: w}
	var errs []string
	var mu sync.Mutex
	var all sync.WaitGroup
	for name, corruption := range corrupts {
		own := rand.New(rand.NewPCG(rng.Uint64(), 0))
		l.corrupts(corruption, func() bool { return own.IntN(3) == 0 })
		if rng.IntN(8) == 0 {
			w.cutAll()
		}
		for i := range 2 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				_, err := s.Commit(ctx, core.Commit[string, uint64, string]{
					Key: account(fmt.Sprint(i)), Unchecked: true, Metadata: metadata, CommandID: command, Events: notes(payload+name, 1+i),
				})
				said := []string{fmt.Sprintf("%v %+v", err, err)}
				for _, f := range []core.Filter[string, uint64]{of(account("0")), {}} {
					for _, err := range s.LoadEvents(ctx, f) {
						said = append(said, fmt.Sprintf("%v %+v", err, err))
					}
				}
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, said...)
			})
		}
		all.Wait()
	}
	l.corrupts(nil, func() bool { return false })
	said := log.String()
	require.NotEmpty(t, said, "there was something to say")
	for _, secret := range []string{payload, metadata, command, password} {
		require.NotContains(t, said, secret)
		require.NotContains(t, strings.Join(errs, "\n"), secret, "nor do errors")
	}
}
