package jetstream_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// startWithUsers starts a server with users; the password of each is its name.
func startWithUsers(t testing.TB, users ...*server.User) *embedded.Server {
	t.Helper()
	srv, err := embedded.Start(embedded.Config{Options: func(o *server.Options) {
		for _, u := range users {
			u.Password = u.Username
			o.Users = append(o.Users, u)
		}
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	return srv
}

// allowed is a user that may publish to these subjects only.
func allowed(name string, subjects ...string) *server.User {
	return &server.User{Username: name, Permissions: &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: subjects},
		Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}}
}

func login(t testing.TB, srv *embedded.Server, name string, options ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("", append(options, nats.InProcessServer(srv), nats.UserInfo(name, name))...)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return nc
}

// writing are the rights of a store that loads, but commits nothing.
var writing = []string{"$JS.API.STREAM.INFO.EVENTS", "$JS.API.STREAM.CREATE.EVENTS", "$JS.API.STREAM.MSG.GET.EVENTS", "$JS.API.DIRECT.GET.EVENTS"}

func TestDeniedCommitIsAPermissionError(t *testing.T) {
	noting := append([]string{"events.noted.account.*"}, writing...) // and nothing that is also noted
	srv := startWithUsers(t, allowed("writer", noting...), &server.User{Username: "root"})
	var mu sync.Mutex
	var told []error
	nc := login(t, srv, "writer", nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, err)
	}))
	s, err := open(t, nc, jetstream.Config{AckWait: time.Minute})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
	defer cancel()
	noted, alsoNoted := notes("x", 2)[0], notes("x", 2)[1]
	for name, c := range map[string]struct {
		events  []core.Event
		unknown bool // the server does not say that it wrote nothing
	}{
		"one event":                      {[]core.Event{alsoNoted}, true},
		"the first of a batch":           {[]core.Event{alsoNoted, noted}, false},
		"one in the middle of a batch":   {[]core.Event{noted, alsoNoted, noted}, false},
		"the last of a batch":            {[]core.Event{noted, noted, alsoNoted}, true},
		"all of a batch":                 {[]core.Event{alsoNoted, alsoNoted}, true},
		"after one that was all right":   {[]core.Event{alsoNoted}, true},
		"again, which is another denial": {[]core.Event{alsoNoted}, true},
	} {
		_, err = core.CommitEvents(ctx, s, account(name[:3]), c.events, core.NoMetadata{})
		require.NoError(t, ctx.Err(), "%s: it is known before any time runs out: %v", name, err)
		denied, ok := errors.AsType[*jetstream.PermissionError](err)
		require.True(t, ok, "%s: %v", name, err)
		require.Contains(t, denied.Subject, "events.also/noted.account.", name)
		require.ErrorIs(t, err, nats.ErrPermissionViolation, name)
		require.Equal(t, c.unknown, errors.Is(err, core.ErrUnknownOutcome), "%s: %v", name, err)
		require.NotErrorIs(t, err, core.ErrConflict)
		_, err = core.CommitEvents(ctx, s, account("fine"), []core.Event{noted, noted}, core.NoMetadata{})
		require.NoError(t, err, "what is allowed goes on")
	}
	require.Len(t, load(t, s, of(account("fine"))), 14)
	require.Equal(t, uint64(14), streamInfo(t, login(t, srv, "root"), "EVENTS").State.Msgs)
	mu.Lock()
	defer mu.Unlock()
	require.GreaterOrEqual(t, len(told), 7, "the user's handler is the user's")
	for _, err := range told {
		require.ErrorIs(t, err, nats.ErrPermissionViolation)
	}
}

// A connection that was denied something once may lose an answer all the same.
func TestOldDenialIsNotTheCauseOfALostAnswer(t *testing.T) {
	noting := append([]string{"events.noted.account.*"}, writing...)
	srv := startWithUsers(t, allowed("writer", noting...))
	w := newProxy(1)
	w.server = srv
	nc, err := nats.Connect("", nats.InProcessServer(w), nats.UserInfo("writer", "writer"), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	s, err := open(t, nc, jetstream.Config{AckWait: 300 * time.Millisecond})
	require.NoError(t, err)
	_, err = core.CommitEvents(t.Context(), s, account("a"), notes("x", 2)[1:], core.NoMetadata{})
	require.ErrorIs(t, err, nats.ErrPermissionViolation)
	lost := 0
	w.loses(func(subject string, payload []byte) bool {
		if lost == 0 && isAck(subject, payload) {
			lost++
			return true
		}
		return false
	})
	_, err = core.CommitEvents(t.Context(), s, account("a"), notes("x", 1), core.NoMetadata{})
	require.NoError(t, err)
	w.loses(nil)
	require.Equal(t, 1, lost)
	require.Len(t, load(t, s, of(account("a"))), 1)
}
