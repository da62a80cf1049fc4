package jetstream_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
)

// shared is a store on a stream that takes any subject below its prefix, and a
// connection of another program.
func shared(t *testing.T, change func(*jetstream.Config)) (*plainStore, jetstream.Config, *nats.Conn) {
	t.Helper()
	nc := connect(t, 1)
	cfg := fresh(1)
	create(t, nc, good(cfg))
	if change != nil {
		change(&cfg)
	}
	s, err := open(t, nc, cfg)
	require.NoError(t, err)
	return s, cfg, nc
}

// publish is what another program does: it stores data with headers of its own.
func publish(t testing.TB, nc *nats.Conn, subject, data string, header nats.Header) {
	t.Helper()
	answer, err := nc.RequestMsgWithContext(t.Context(), &nats.Msg{Subject: subject, Data: []byte(data), Header: header})
	require.NoError(t, err)
	require.Contains(t, string(answer.Data), `"seq":`)
	require.NotContains(t, string(answer.Data), `"error"`)
}

// failure returns the events before a read fails, and the error.
func failure(t testing.TB, s *plainStore, filters ...core.Filter[string, uint64]) (events []plainEvent, failed error) {
	t.Helper()
	for e, err := range s.LoadEvents(t.Context(), filters...) {
		require.NoError(t, failed, "nothing comes after an error")
		if failed = err; err == nil {
			events = append(events, e)
		}
	}
	require.Error(t, failed)
	return events, failed
}

func TestExternalMessageIsAnErrorWithItsPosition(t *testing.T) {
	s, cfg, nc := shared(t, nil)
	_, err := core.CommitEvents(t.Context(), s, account("a"), notes("ours", 2), core.NoMetadata{})
	require.NoError(t, err)
	subject := cfg.Prefix + ".noted.account.a"
	publish(t, nc, subject, `{}`, nil)
	_, err = core.CommitEvents(t.Context(), s, account("a"), notes("ours again", 1), core.NoMetadata{})
	require.NoError(t, err, "we go on after it")

	key := account("a")
	for name, f := range map[string]core.Filter[string, uint64]{
		"aggregate":           of(key),
		"kind":                {EventKind: "noted"},
		"kind of aggregate":   {EventKind: "noted", Aggregate: &key},
		"everything":          {},
		"from the message on": {From: core.At(uint64(3))},
	} {
		_, err := failure(t, s, f)
		require.ErrorIs(t, err, jetstream.ErrExternal, name)
		message, ok := errors.AsType[*jetstream.MessageError](err)
		require.True(t, ok, name)
		require.Equal(t, uint64(3), message.Sequence, name)
		require.Equal(t, subject, message.Subject, name)
	}
	before, _ := failure(t, s, of(key))
	require.Len(t, before, 2, "what is before it is read")
	f := of(key)
	f.After = core.At(uint64(3))
	require.Len(t, load(t, s, f), 1, "and what is after it")
	require.Len(t, load(t, s, core.Filter[string, uint64]{EventKind: "also.noted"}), 1, "and other kinds")
}

func TestExternalMessageIsReadWithExternalCodec(t *testing.T) {
	s, cfg, nc := shared(t, func(cfg *jetstream.Config) { cfg.ExternalCodec = codec.JSON })
	subject := cfg.Prefix + ".noted.account.a"
	publish(t, nc, subject, `{"Attempt":"theirs"}`, nil)
	_, err := core.CommitEventsOptimistic(t.Context(), s, account("a"), core.Version[uint64]{}, notes("ours", 1), core.NoMetadata{})
	require.ErrorIs(t, err, core.ErrConflict, "their message is an event")
	_, err = core.CommitEventsOptimistic(t.Context(), s, account("a"), core.At(uint64(1)), notes("ours", 2), core.NoMetadata{})
	require.NoError(t, err)
	publish(t, nc, subject, `{"Attempt":"theirs again"}`, nats.Header{"Content-Type": {"text/plain"}})
	at, err := s.Version(t.Context(), account("a"))
	require.NoError(t, err)
	_, err = core.CommitEventsOptimistic(t.Context(), s, account("a"), at, notes("ours again", 3), core.NoMetadata{})
	require.NoError(t, err)

	for _, f := range []core.Filter[string, uint64]{of(account("a")), {}} {
		var names []string
		for i, e := range load(t, s, f) {
			require.Equal(t, uint64(i+1), e.Position)
			names = append(names, noteOf(t, e).Attempt)
		}
		require.Equal(t, []string{"theirs", "ours", "ours", "theirs again", "ours again", "ours again", "ours again"}, names)
	}
	theirs := load(t, s, of(account("a")))[0]
	require.Equal(t, core.CommitInfo{}, theirs.Commit)
	require.Equal(t, "application/json", theirs.Codec)
	require.Equal(t, "@1", theirs.EventID())
	require.False(t, theirs.Time.IsZero())
	for from := range uint64(9) {
		f := of(account("a"))
		f.From = core.At(from)
		require.Len(t, load(t, s, f), min(7, 8-int(from)), "from %d", from)
	}
}

// An aggregate that has a handler for each of its own events passes over what another
// program has published under its name, as ever.
func TestStrictAggregatePassesOverExternalMessages(t *testing.T) {
	s, cfg, nc := shared(t, func(cfg *jetstream.Config) { cfg.ExternalCodec = codec.JSON })
	owners := core.NewRepository(s, core.DefineAggregate("account", core.On(func(owner *string, e opened) { *owner = e.Owner })))
	_, err := core.CommitEvents(t.Context(), s, account("a"), []core.Event{opened{"ada"}}, core.NoMetadata{})
	require.NoError(t, err)
	publish(t, nc, cfg.Prefix+".account/audited.account.a", `{}`, nil)
	publish(t, nc, cfg.Prefix+".account/opened.account.a", `{"Owner":"bob"}`, nil)
	owner, version, err := owners.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, "bob", owner, "it handles theirs where it has a handler")
	require.Equal(t, core.At(uint64(3)), version)
	_, err = core.CommitEvents(t.Context(), s, account("a"), []core.Event{deposited{1}}, core.NoMetadata{})
	require.NoError(t, err)
	_, _, err = owners.Load(t.Context(), "a")
	require.EqualError(t, err, "load account a: decode event at 4 (account.deposited): aggregate account: event has no handler: account.deposited")
}

func TestInvalidSubjectIsAnError(t *testing.T) {
	for _, rest := range []string{
		"noted.account.=41", "noted.account.=zz", "noted.account.a=", "no=ted.account.b", "noted.acc=ount.a",
		"noted.account.é", "noted.account.a~", "noted", "noted.account", "noted.account.a.b", "a.b.c.d.e.f",
	} {
		s, cfg, nc := shared(t, func(cfg *jetstream.Config) { cfg.ExternalCodec = codec.JSON })
		_, err := core.CommitEvents(t.Context(), s, account("a"), notes("ours", 1), core.NoMetadata{})
		require.NoError(t, err)
		publish(t, nc, cfg.Prefix+"."+rest, `{}`, nil)
		_, err = core.CommitEvents(t.Context(), s, account("a"), notes("ours too", 1), core.NoMetadata{})
		require.NoError(t, err)

		events, err := failure(t, s, core.Filter[string, uint64]{})
		require.Len(t, events, 1)
		message, ok := errors.AsType[*jetstream.MessageError](err)
		require.True(t, ok, "%s: %v", rest, err)
		require.Equal(t, uint64(2), message.Sequence)
		require.Equal(t, cfg.Prefix+"."+rest, message.Subject)
		require.Len(t, load(t, s, of(account("a"))), 2, "%s is of no aggregate of ours", rest)
	}
}

// What is not wanted is not an error, whichever way is the faster one to read
// what is.
func TestReadByKindIgnoresOtherKinds(t *testing.T) {
	for _, n := range []int{4, 3000} {
		s, cfg, nc := shared(t, nil)
		publish(t, nc, cfg.Prefix+".theirs.account.a", "{}", nil)
		publish(t, nc, cfg.Prefix+".noted.account.a.b", "{}", nil)
		for at := 0; at < n; at += 1000 {
			_, err := core.CommitEvents(t.Context(), s, account("b"), notes("ours", min(n, 1000)), core.NoMetadata{})
			require.NoError(t, err)
		}
		require.Len(t, load(t, s, core.Filter[string, uint64]{EventKind: "noted"}), n/2)
		require.Len(t, load(t, s, core.Filter[string, uint64]{EventKind: "noted"}, core.Filter[string, uint64]{EventKind: "also.noted"}), n)
	}
}

// Headers are the only place where a message could pretend to be an answer.
func TestForgedHeadersAreIgnored(t *testing.T) {
	forged := map[string]nats.Header{
		"status":       {"Status": {"404"}, "Description": {"No Results"}},
		"end of batch": {"Status": {"204"}, "Description": {"EOB"}, "Nats-Num-Pending": {"0"}, "Nats-Last-Sequence": {"0"}},
		"sequence":     {"Nats-Sequence": {"1"}},
		"stream":       {"Nats-Stream": {"other"}},
		"last":         {"Nats-Last-Sequence": {"77"}, "Nats-Num-Pending": {"0"}},
		"subject":      {"Nats-Subject": {"other.noted.account.b"}, "Nats-Time-Stamp": {"yesterday"}},
		"up to":        {"Nats-UpTo-Sequence": {"1"}},
		"everything": {"Status": {"404"}, "Nats-Stream": {"other", "another"}, "Nats-Sequence": {"9", "x"},
			"Nats-Last-Sequence": {"5"}, "Nats-Num-Pending": {"-1"}, "Nats-Subject": {""}},
		"two values": {"Nats-Sequence": {"1", "2"}, "Content-Type": {"a", "b"}},
		"case":       {"nats-sequence": {"1"}, "STATUS": {"500"}, "es-commit": {"A 0 0/1 1 0"}},
	}
	for name, header := range forged {
		t.Run(name, func(t *testing.T) {
			s, cfg, nc := shared(t, func(cfg *jetstream.Config) { cfg.ExternalCodec = codec.JSON })
			_, err := core.CommitEvents(t.Context(), s, account("a"), notes("ours", 3), core.NoMetadata{})
			require.NoError(t, err)
			publish(t, nc, cfg.Prefix+".noted.account.a", `{"Attempt":"theirs"}`, header)
			_, err = core.CommitEvents(t.Context(), s, account("a"), notes("ours too", 2), core.NoMetadata{})
			require.NoError(t, err)
			kind := core.Filter[string, uint64]{EventKind: "noted"}
			for _, f := range []core.Filter[string, uint64]{of(account("a")), {}} {
				events := load(t, s, f)
				require.Len(t, events, 6)
				for i, e := range events {
					require.Equal(t, uint64(i+1), e.Position)
					require.Equal(t, account("a"), e.Key)
				}
				require.Equal(t, "theirs", noteOf(t, events[3]).Attempt)
			}
			require.Len(t, load(t, s, kind), 4)
		})
	}
}

func TestInvalidCommitHeaderIsAnError(t *testing.T) {
	for _, garbage := range []string{"x", "A 0 0/1", "A 0 1/1 1 0", "A 0 0/0 0 0", "A -1 0/1 0", " 0 0/1 0", "A 0 0/1 0 ", "A 0 0/1 -1", "A 00 0/1 1 0", "A 0 0/1 1 99999999999999999999"} {
		s, cfg, nc := shared(t, func(cfg *jetstream.Config) { cfg.ExternalCodec = codec.JSON })
		publish(t, nc, cfg.Prefix+".noted.account.a", `{}`, nats.Header{"Es-Commit": {garbage}})
		if garbage == "A 0 0/1 0 " {
			continue // the client trims it
		}
		for _, f := range []core.Filter[string, uint64]{of(account("a")), {}} {
			_, err := failure(t, s, f)
			message, ok := errors.AsType[*jetstream.MessageError](err)
			require.True(t, ok, "%q: %v", garbage, err)
			require.Equal(t, uint64(1), message.Sequence)
			require.ErrorContains(t, err, "Es-Commit")
		}
		_, err := core.CommitEvents(t.Context(), s, account("a"), notes("ours", 1), core.NoMetadata{})
		require.NoError(t, err, "commits go on")
	}
}

func TestInvalidHeadersAreErrors(t *testing.T) {
	for name, value := range map[string]string{"Es-Command": "=4", "Es-Commit": "A"} {
		nc := connect(t, 1)
		cfg := fresh(1)
		s := openWith[string, meta](t, cfg)
		publish(t, nc, cfg.Prefix+".noted.account.a", `{}`, nats.Header{"Es-Commit": {"A 0 0/1 1 0"}, name: {value}}) // the later one wins
		for _, err := range s.LoadEvents(t.Context(), of(account("a"))) {
			require.ErrorContains(t, err, name)
			_, ok := errors.AsType[*jetstream.MessageError](err)
			require.True(t, ok, "%v", err)
		}
	}
}

// Kinds with an underscore are the library's: what it keeps in the stream beside
// the events is no event.
func TestSystemEntriesAreSkipped(t *testing.T) {
	s, cfg, nc := shared(t, nil)
	reserve := func(rest string) { publish(t, nc, cfg.Prefix+"."+rest, "not JSON", nil) }
	reserve("checkpoint._reactor-mailer.partition-0")
	_, err := core.CommitEvents(t.Context(), s, account("a"), notes("one", 2), core.NoMetadata{})
	require.NoError(t, err)
	reserve("checkpoint._reactor-mailer.=zz")
	reserve("_x.account.b")
	reserve("noted._lease.a")
	at, err := core.CommitEvents(t.Context(), s, account("a"), notes("two", 2), core.NoMetadata{})
	require.NoError(t, err)
	reserve("_.account.z")

	positions := func(filters ...core.Filter[string, uint64]) (p []uint64) {
		for _, e := range load(t, s, filters...) {
			p = append(p, e.Position)
		}
		return p
	}
	require.Equal(t, []uint64{2, 3, 7, 8}, positions(core.Filter[string, uint64]{}))
	require.Equal(t, []uint64{2, 3, 7, 8}, positions(of(account("a"))))
	require.Equal(t, []uint64{2, 7}, positions(core.Filter[string, uint64]{EventKind: "noted"}))
	require.Equal(t, []uint64{2, 3, 7, 8}, positions(of(account("a")), core.Filter[string, uint64]{EventKind: "noted"}))
	require.Empty(t, positions(of(account("b"))))
	require.Equal(t, uint64(8), at)
	head, err := s.LatestVersion(t.Context())
	require.NoError(t, err)
	require.Equal(t, core.At(uint64(9)), head)
}

// An event of a system kind in an aggregate of the user's is part of its chain.
func TestSystemEventInAnAggregateMovesItsVersion(t *testing.T) {
	s, cfg, nc := shared(t, nil)
	_, err := core.CommitEvents(t.Context(), s, account("a"), notes("one", 1), core.NoMetadata{})
	require.NoError(t, err)
	publish(t, nc, cfg.Prefix+"._mark.account.a", "{}", nats.Header{"Es-Commit": {"M 0 0/1 1 1"}})
	at, err := s.Version(t.Context(), account("a"))
	require.NoError(t, err)
	require.Equal(t, core.At(uint64(2)), at)
	_, err = core.CommitEventsOptimistic(t.Context(), s, account("a"), at, notes("two", 2), core.NoMetadata{})
	require.NoError(t, err)
	require.Equal(t, "[1 3 4]", fmt.Sprint(func() (p []uint64) {
		for _, e := range load(t, s, of(account("a"))) {
			p = append(p, e.Position)
		}
		return p
	}()))
}
