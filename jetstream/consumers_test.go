package jetstream_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// ofKind selects the events of a kind, over all aggregates: they come through a
// consumer.
func ofKind(kind string) core.Filter[string, uint64] {
	return core.Filter[string, uint64]{EventKind: kind}
}

// consumerRequests are the names of the consumers that the server was asked to create
// and to delete.
type consumerRequests struct {
	mu               sync.Mutex
	created, deleted map[string]bool
}

func recordConsumers(t *testing.T, nc *nats.Conn, stream string) *consumerRequests {
	t.Helper()
	r := &consumerRequests{created: make(map[string]bool), deleted: make(map[string]bool)}
	for request, names := range map[string]map[string]bool{"CREATE": r.created, "DELETE": r.deleted} {
		prefix := "$JS.API.CONSUMER." + request + "." + stream + "."
		sub, err := nc.Subscribe(prefix+">", func(m *nats.Msg) {
			r.mu.Lock()
			defer r.mu.Unlock()
			names[strings.TrimPrefix(m.Subject, prefix)] = true
		})
		require.NoError(t, err)
		require.NoError(t, sub.SetPendingLimits(-1, -1))
	}
	require.NoError(t, nc.Flush())
	return r
}

// undeleted returns how many consumers were asked for, and how many of them were not
// deleted.
func (r *consumerRequests) undeleted() (created, left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range r.created {
		if !r.deleted[name] {
			left++
		}
	}
	return len(r.created), left
}

func TestConsumersHaveNamesAndAreDeleted(t *testing.T) {
	cfg := fresh(1)
	s := openWith[string, core.NoMetadata](t, cfg)
	asked := recordConsumers(t, connect(t, 1), cfg.Stream)
	_, err := core.CommitEvents(t.Context(), s, account("a"), notes("x", 4), core.NoMetadata{})
	require.NoError(t, err)
	require.Len(t, load(t, s, ofKind("noted"), ofKind("also.noted")), 4)
	for _, err := range s.LoadEvents(t.Context(), ofKind("noted")) {
		require.NoError(t, err)
		break
	}
	follow(s, ofKind("noted")).stop(t)
	eventually(t, func() bool { n, left := asked.undeleted(); return n >= 3 && left == 0 }, "each is deleted")
	asked.mu.Lock()
	defer asked.mu.Unlock()
	for name := range asked.created {
		require.Regexp(t, "^jetsource-[A-Z2-7]{26}$", name)
	}
}

// A creation whose answer is lost is given up after seconds, also if the context has
// an hour.
func TestLostAnswerToTheCreationOfAConsumer(t *testing.T) {
	t.Parallel()
	w, cfg := newProxy(1), impatient(1)
	s := openOn(t, w, cfg)
	nc := connect(t, 1)
	asked := recordConsumers(t, nc, cfg.Stream)
	_, err := core.CommitEvents(t.Context(), s, account("a"), notes("x", 4), core.NoMetadata{})
	require.NoError(t, err)
	lost := 0 // guarded by the proxy
	w.loses(func(_ string, payload []byte) bool {
		if lost < 2 && bytes.Contains(payload, []byte("consumer_create_response")) {
			lost++
			return true
		}
		return false
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	begun := time.Now()
	f := follow(s, ofKind("noted"))
	defer f.stop(t)
	n := 0
	for _, err := range s.LoadEvents(ctx, ofKind("noted")) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 2, n)
	eventually(t, func() bool { return f.at() > 0 }, "the subscription goes on")
	require.Less(t, time.Since(begun), 30*time.Second)
	eventually(t, func() bool { n, left := asked.undeleted(); return n == 4 && left == 1 }, "what was given up is deleted")
	eventually(t, func() bool { return streamInfo(t, nc, cfg.Stream).State.Consumers == 1 }, "that of the subscription is left")
}

// A creation may reach the server after its loop has ended.
func TestLateCreationIsDeleted(t *testing.T) {
	t.Parallel()
	w, cfg := newProxy(1), fresh(1)
	s := openOn(t, w, cfg)
	nc := connect(t, 1)
	asked := recordConsumers(t, nc, cfg.Stream)
	_, err := core.CommitEvents(t.Context(), s, account("a"), notes("x", 4), core.NoMetadata{})
	require.NoError(t, err)
	for _, givenUp := range []bool{false, false, false, false, true} { // the store waits for the answer for a time of its own
		ctx, cancel := context.WithCancel(t.Context())
		answers := 0 // guarded by the proxy's reader
		w.loses(func(_ string, payload []byte) bool {
			if bytes.Contains(payload, []byte("stream_msg_get_response")) {
				if answers++; answers == 3 { // to what a scan asks before it creates a consumer
					w.hold()
				}
			}
			return false
		})
		loaded := make(chan error)
		go func() { _, err := drain(ctx, s, ofKind("noted")); loaded <- err }()
		eventually(t, func() bool { return w.holds("CONSUMER.CREATE") > 0 }, "a creation is on its way")
		cancel()
		require.ErrorIs(t, <-loaded, context.Canceled, "nothing else is waited for")
		if givenUp {
			eventually(t, func() bool { return w.holds("CONSUMER.DELETE") > 0 }, "it is not waited for any longer")
		}
		w.loses(nil)
		w.release()
	}
	eventually(t, func() bool { n, left := asked.undeleted(); return n == 5 && left == 0 }, "each is deleted")
	eventually(t, func() bool { return streamInfo(t, nc, cfg.Stream).State.Consumers == 0 }, "none is left")
}

// drain reads a loop to its end.
func drain(ctx context.Context, s *plainStore, filters ...core.Filter[string, uint64]) (n int, err error) {
	for _, err := range s.LoadEvents(ctx, filters...) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// A store without the right to delete its consumers leaves them to the server, and has
// no more at once than it may.
func TestServerDropsConsumersThatTheStoreCannotDelete(t *testing.T) {
	t.Parallel()
	user := &server.User{Username: "u", Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Deny: []string{"$JS.API.CONSUMER.DELETE.>"}},
	}}
	srv := startWithUsers(t, user, &server.User{Username: "root"})
	nc := login(t, srv, "u", nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, jetstream.Config{MaxScans: 5})
	require.NoError(t, err)
	_, err = core.CommitEvents(t.Context(), s, account("a"), notes("x", 4), core.NoMetadata{})
	require.NoError(t, err)
	root := login(t, srv, "root")
	consumers := func() int { return streamInfo(t, root, "EVENTS").State.Consumers }
	for range 5 {
		require.Len(t, load(t, s, ofKind("noted")), 2)
	}
	require.Equal(t, 5, consumers(), "the control of the tests that find none")
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = drain(short, s, ofKind("noted"))
	require.ErrorIs(t, err, context.DeadlineExceeded, "they have every place")
	require.ErrorContains(t, err, "5 loops have consumers")
	n, err := drain(t.Context(), s, ofKind("noted"))
	require.NoError(t, err, "the places are free after a while")
	require.Equal(t, 2, n)
	eventually(t, func() bool { return consumers() == 0 }, "the server drops what is not read from")
	begun := time.Now()
	require.NoError(t, s.Close())
	require.Less(t, time.Since(begun), 4*time.Second, "a store that is closed waits no longer than it must")
}

func TestScansBeyondTheMostWaitForAPlace(t *testing.T) {
	cfg := fresh(1)
	cfg.MaxScans, cfg.Timeout = 1, 400*time.Millisecond
	s := openWith[string, core.NoMetadata](t, cfg)
	_, err := core.CommitEvents(t.Context(), s, account("a"), notes("x", 4), core.NoMetadata{})
	require.NoError(t, err)
	first := follow(s, ofKind("noted"))
	eventually(t, func() bool { return first.at() > 0 }, "it has a consumer")
	second := follow(s, ofKind("noted")) // waits as long as its context lets it
	require.Len(t, load(t, s, ofKind("noted")), 2, "loads have places of their own")
	leave := holdPlaces(t, s, 1)
	require.Len(t, load(t, s, of(account("a"))), 4, "an aggregate needs no consumer")
	_, err = failure(t, s, ofKind("noted"))
	require.ErrorIs(t, err, context.DeadlineExceeded, "without a deadline it waits for the store's timeout")
	require.ErrorContains(t, err, "1 loops have consumers")
	cause := errors.New("no longer needed")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, cause)
	defer cancel()
	_, err = drain(ctx, s, ofKind("noted"))
	require.ErrorIs(t, err, cause)

	long, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	loaded := make(chan error, 1)
	go func() {
		n, err := drain(long, s, ofKind("noted"), ofKind("also.noted"))
		if err == nil && n != 4 {
			err = fmt.Errorf("%d events", n)
		}
		loaded <- err
	}()
	require.Zero(t, second.at())
	require.Empty(t, loaded)
	leave()
	require.NoError(t, <-loaded)
	first.stop(t)
	eventually(t, func() bool { return second.at() > 0 }, "a place is free")

	waiting := follow(s, ofKind("noted"))
	leave = holdPlaces(t, s, 1)
	defer leave()
	go func() { _, err := drain(long, s, ofKind("noted")); loaded <- err }()
	require.NoError(t, s.Close())
	require.ErrorIs(t, <-loaded, core.ErrClosed)
	for _, f := range []*follower{second, waiting} {
		f.done.Wait()
		require.ErrorIs(t, f.err, core.ErrClosed)
	}
}

// holdPlaces begins n loads, whose bodies run until leave is called.
func holdPlaces(t *testing.T, s *plainStore, n int) (leave func()) {
	t.Helper()
	end := make(chan struct{})
	var inside, over sync.WaitGroup
	inside.Add(n)
	for range n {
		over.Go(func() {
			for range s.LoadEvents(context.Background(), ofKind("noted")) { //nolint:errcheck // the first is an event
				inside.Done()
				<-end
				return
			}
		})
	}
	inside.Wait()
	return func() { close(end); over.Wait() }
}

// A loop has one place, whatever the number of its consumers, and gets it before the
// first of them: loops inside loops, as many as there are places, wait for nothing.
func TestLoopsInsideLoopsHaveAPlaceEach(t *testing.T) {
	cfg := fresh(1)
	cfg.MaxScans, cfg.Timeout = 4, 500*time.Millisecond
	s := openWith[string, core.NoMetadata](t, cfg)
	_, err := core.CommitEvents(t.Context(), s, account("a"), notes("x", 2), core.NoMetadata{})
	require.NoError(t, err)
	var nest func(depth int) (int, error)
	nest = func(depth int) (n int, err error) {
		if depth == 0 {
			return 1, nil
		}
		for _, err := range s.LoadEvents(t.Context(), ofKind("noted"), ofKind("also.noted")) {
			if err != nil {
				return n, err
			}
			inner, err := nest(depth - 1)
			if n += inner; err != nil {
				return n, err
			}
		}
		return n, nil
	}
	n, err := nest(4)
	require.NoError(t, err)
	require.Equal(t, 16, n)
	_, err = nest(5)
	require.ErrorIs(t, err, context.DeadlineExceeded, "one more has no place, and says so")
	require.ErrorContains(t, err, "4 loops have consumers")

	both := make(chan error, 10)
	for range 2 {
		go func() {
			for range 5 {
				_, err := nest(2)
				both <- err
			}
		}()
	}
	for range 10 {
		require.NoError(t, <-both)
	}
}
