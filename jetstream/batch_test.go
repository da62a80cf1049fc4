package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// fake is a stream whose server answers what a test says.
func fake(t *testing.T, answer func(req getRequest, reply func(*nats.Msg))) *stream {
	t.Helper()
	srv, err := server.NewServer(&server.Options{DontListen: true, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	client := func() *nats.Conn {
		nc, err := nats.Connect("", nats.InProcessServer(srv))
		require.NoError(t, err)
		t.Cleanup(nc.Close)
		return nc
	}
	responder, nc := client(), client()
	_, err = responder.Subscribe("direct", func(m *nats.Msg) {
		var req getRequest
		if json.Unmarshal(m.Data, &req) == nil {
			answer(req, func(a *nats.Msg) {
				a.Subject = m.Reply
				_ = responder.PublishMsg(a)
			})
		}
	})
	require.NoError(t, err)
	require.NoError(t, responder.Flush())
	in, err := openInbox(nc)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, in.close()) })
	return &stream{
		nc: nc, inbox: in, directGet: "direct", leaderGet: "leader",
		cfg: Config{Stream: "S", Prefix: "e", AckWait: 30 * time.Millisecond, Timeout: 5 * time.Second, Logger: slog.New(slog.DiscardHandler)},
	}
}

const fakeSubject = "e.k.a.1"

// direct is a message as a direct get answers with it.
func direct(seq, last uint64) *nats.Msg {
	return &nats.Msg{Data: []byte("{}"), Header: nats.Header{
		headerStream: {"S"}, headerSubject: {fakeSubject}, headerTime: {"2025-01-01T00:00:00Z"},
		headerSequence: {strconv.FormatUint(seq, 10)}, headerLastSequence: {strconv.FormatUint(last, 10)}, headerPending: {"0"},
	}}
}

func eob(last uint64, pending int) *nats.Msg {
	return &nats.Msg{Header: nats.Header{
		headerStatus: {"204"}, headerDescription: {"EOB"},
		headerPending: {strconv.Itoa(pending)}, headerLastSequence: {strconv.FormatUint(last, 10)},
	}}
}

func answerStatus(code int, description string) *nats.Msg {
	return &nats.Msg{Header: nats.Header{headerStatus: {strconv.Itoa(code)}, headerDescription: {description}}}
}

// with returns m with other headers: pairs of a name and a value.
func with(m *nats.Msg, pairs ...string) *nats.Msg {
	for i := 0; i < len(pairs); i += 2 {
		m.Header[pairs[i]] = []string{pairs[i+1]}
	}
	return m
}

func without(m *nats.Msg, header string) *nats.Msg {
	delete(m.Header, header)
	return m
}

// receiveAll is what receive makes of an answer.
func receiveAll(t *testing.T, answer ...*nats.Msg) (*batch, error) {
	t.Helper()
	s := fake(t, func(_ getRequest, reply func(*nats.Msg)) {
		for _, m := range answer {
			reply(m)
		}
	})
	a, err := s.send(s.directGet, getRequest{NextFor: fakeSubject, Seq: 1, Batch: 10})
	require.NoError(t, err)
	defer a.close()
	return s.receive(t.Context(), a)
}

func TestAWholeAnswerIsRead(t *testing.T) {
	b, err := receiveAll(t, direct(3, 0), direct(7, 3), direct(8, 7), with(eob(8, 5), headerUpTo, "20"))
	require.NoError(t, err)
	require.Len(t, b.messages, 3)
	require.Equal(t, 5, b.pending)
	require.Equal(t, uint64(20), b.upTo)
	require.Equal(t, fakeSubject, b.messages[0].subject)
	b, err = receiveAll(t, eob(0, 0))
	require.NoError(t, err)
	require.Empty(t, b.messages)
}

func TestAnAnswerThatIsNotWholeIsAnError(t *testing.T) {
	for name, answer := range map[string][]*nats.Msg{
		"a middle is lost":           {direct(3, 0), direct(8, 7), eob(8, 0)},
		"the first is lost":          {direct(7, 3), direct(8, 7), eob(8, 0)},
		"the last is lost":           {direct(3, 0), direct(7, 3), eob(8, 0)},
		"one comes twice":            {direct(3, 0), direct(3, 0), eob(3, 0)},
		"one comes again":            {direct(3, 0), direct(7, 3), direct(7, 7), eob(7, 0)},
		"two change places":          {direct(7, 3), direct(3, 0), eob(7, 0)},
		"it goes back":               {direct(7, 0), direct(3, 7), eob(3, 0)},
		"another stream":             {with(direct(3, 0), headerStream, "OTHER"), eob(3, 0)},
		"no sequence":                {without(direct(3, 0), headerSequence), eob(3, 0)},
		"a broken sequence":          {with(direct(3, 0), headerSequence, "3x"), eob(3, 0)},
		"sequence zero":              {direct(0, 0), eob(0, 0)},
		"a huge sequence":            {with(direct(3, 0), headerSequence, "18446744073709551616"), eob(3, 0)},
		"a negative sequence":        {with(direct(3, 0), headerSequence, "-3"), eob(3, 0)},
		"no last":                    {without(direct(3, 0), headerLastSequence), eob(3, 0)},
		"a broken last":              {with(direct(3, 0), headerLastSequence, ""), eob(3, 0)},
		"no subject":                 {without(direct(3, 0), headerSubject), eob(3, 0)},
		"no time":                    {without(direct(3, 0), headerTime), eob(3, 0)},
		"a broken time":              {with(direct(3, 0), headerTime, "now"), eob(3, 0)},
		"an end without a last":      {direct(3, 0), without(eob(3, 0), headerLastSequence)},
		"an end without pending":     {direct(3, 0), without(eob(3, 0), headerPending)},
		"an end with broken numbers": {direct(3, 0), with(eob(3, 0), headerUpTo, "far")},
		"an early end":               {eob(3, 0)},
		"not found":                  {answerStatus(404, "Message Not Found")},
		"not found, later":           {direct(3, 0), answerStatus(404, "Message Not Found")},
		"bad request":                {answerStatus(408, "Bad Request")},
		"too many":                   {answerStatus(413, "Too Many Results")},
		"broken":                     {answerStatus(500, "disk")},
		"no status":                  {{Data: []byte("hello")}},
		"a status that is no number": {{Header: nats.Header{headerStatus: {"x"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := receiveAll(t, answer...)
			read, ok := errors.AsType[*ReadError](err)
			require.True(t, ok, "%v %v", b, err)
			require.NotEmpty(t, read.Error())
		})
	}
}

func TestAnAnswerWithoutAnEndIsNotWaitedForForEver(t *testing.T) {
	_, err := receiveAll(t, direct(3, 0), direct(7, 3))
	require.ErrorIs(t, err, errNoAnswer)
	_, err = receiveAll(t)
	require.ErrorIs(t, err, errNoAnswer)
}

func TestAnswersThatSayWhyAreToldApart(t *testing.T) {
	_, err := receiveAll(t, answerStatus(404, "No Results"))
	require.ErrorIs(t, err, errNoResults)
	_, err = receiveAll(t, answerStatus(503, ""))
	require.ErrorIs(t, err, errNoResponder)
	for code, again := range map[int]bool{404: true, 408: false, 413: false, 500: true} {
		_, err = receiveAll(t, answerStatus(code, "x"))
		read, ok := errors.AsType[*ReadError](err)
		require.True(t, ok)
		require.Equal(t, code, read.Status)
		require.Equal(t, again, passes(err), "%d", code)
	}
	s := fake(t, func(getRequest, func(*nats.Msg)) {})
	a, err := s.send("nobody.listens", getRequest{Seq: 1})
	require.NoError(t, err)
	defer a.close()
	_, err = s.receive(t.Context(), a)
	require.ErrorIs(t, err, errNoResponder)
}

// A message may have been stored with headers that look like the server's; the
// server adds its own behind them.
func TestTheServersHeadersWin(t *testing.T) {
	m := direct(3, 0)
	for k, vs := range m.Header {
		m.Header[k] = append([]string{"forged"}, vs...)
	}
	m.Header[headerStatus] = []string{"404"}
	b, err := receiveAll(t, m, eob(3, 0))
	require.NoError(t, err)
	require.Equal(t, uint64(3), b.messages[0].seq)
	require.Equal(t, fakeSubject, b.messages[0].subject)
}

// pageOf answers a read by subject with n messages at most.
func pageOf(log []uint64, req getRequest, n int, reply func(*nats.Msg)) {
	last, sent, pending := uint64(0), 0, 0
	for _, seq := range log {
		switch {
		case seq < req.Seq:
		case sent < n:
			m := direct(seq, last)
			m.Header[headerCommit] = []string{link{previous: 0}.String()}
			reply(m)
			last = seq
			sent++
		default:
			pending++
		}
	}
	if sent == 0 {
		reply(answerStatus(404, "Message Not Found"))
		return
	}
	reply(eob(last, pending))
}

// readAll reads a subject whose last message is known to be at last.
func readAll(ctx context.Context, s *stream, last uint64) (got []uint64, err error) {
	stopped := false
	err = s.merge(ctx, []*cursor{{subject: fakeSubject, next: 1, last: last}}, 0, &stopped, func(m *message) error {
		got = append(got, m.seq)
		return nil
	})
	return got, err
}

func TestAPageThatIsBrokenIsAskedForAgain(t *testing.T) {
	log := []uint64{2, 3, 5, 8, 13, 21, 34}
	for name, first := range map[string]func(reply func(*nats.Msg)){
		"nothing":       func(func(*nats.Msg)) {},
		"no end":        func(reply func(*nats.Msg)) { reply(direct(2, 0)) },
		"a hole":        func(reply func(*nats.Msg)) { reply(direct(2, 0)); reply(direct(5, 3)); reply(eob(5, 0)) },
		"not found":     func(reply func(*nats.Msg)) { reply(answerStatus(404, "Message Not Found")) },
		"a server down": func(reply func(*nats.Msg)) { reply(answerStatus(503, "")) },
		"an error":      func(reply func(*nats.Msg)) { reply(answerStatus(500, "busy")) },
		"an empty page": func(reply func(*nats.Msg)) { reply(eob(0, 0)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			s := fake(t, func(req getRequest, reply func(*nats.Msg)) {
				if asked.Add(1)%2 == 1 {
					first(reply)
					return
				}
				pageOf(log, req, 3, reply)
			})
			got, err := readAll(t.Context(), s, 34)
			require.NoError(t, err)
			require.Equal(t, log, got)
		})
	}
}

// A replica that lags ends its answer early; the messages are known to exist.
func TestAReplicaThatLagsIsAskedAgain(t *testing.T) {
	log := []uint64{2, 3, 5, 8, 13, 21, 34}
	var asked atomic.Int64
	s := fake(t, func(req getRequest, reply func(*nats.Msg)) {
		has := min(int(asked.Add(1)), len(log))
		pageOf(log[:has], req, 10, reply)
	})
	got, err := readAll(t.Context(), s, 34)
	require.NoError(t, err)
	require.Equal(t, log, got)
}

func TestAServerThatIsAlwaysBrokenIsAnErrorInTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		reply func(reply func(*nats.Msg))
		want  error
	}{
		"nothing": {func(func(*nats.Msg)) {}, errNoAnswer},
		"no end":  {func(reply func(*nats.Msg)) { reply(direct(2, 0)) }, errNoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fake(t, func(_ getRequest, reply func(*nats.Msg)) { c.reply(reply) })
			got, err := readAll(t.Context(), s, 34)
			require.ErrorIs(t, err, c.want)
			require.Empty(t, got)
		})
	}
	t.Run("too many", func(t *testing.T) {
		var asked atomic.Int64
		s := fake(t, func(_ getRequest, reply func(*nats.Msg)) {
			asked.Add(1)
			reply(answerStatus(413, "Too Many Results"))
		})
		_, err := readAll(t.Context(), s, 34)
		read, ok := errors.AsType[*ReadError](err)
		require.True(t, ok)
		require.Equal(t, 413, read.Status)
		require.Equal(t, int64(1), asked.Load(), "asking again does not help")
	})
	t.Run("the context ends", func(t *testing.T) {
		s := fake(t, func(getRequest, func(*nats.Msg)) {})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, err := readAll(ctx, s, 34)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// Pages are asked for one ahead, so what is held does not grow with the log.
func TestAReaderIsNeverMoreThanAPageAhead(t *testing.T) {
	var log []uint64
	for seq := uint64(1); seq <= 200; seq++ {
		log = append(log, seq)
	}
	var highest atomic.Uint64
	s := fake(t, func(req getRequest, reply func(*nats.Msg)) {
		highest.Store(max(highest.Load(), req.Seq+9))
		pageOf(log, req, 10, reply)
	})
	stopped := false
	err := s.merge(t.Context(), []*cursor{{subject: fakeSubject, next: 1, last: 200}}, 0, &stopped, func(m *message) error {
		require.LessOrEqual(t, highest.Load(), m.seq+20)
		return nil
	})
	require.NoError(t, err)
}

func TestHeadsThatDoNotFitIntoOneAnswerAreReadOn(t *testing.T) {
	log := []uint64{2, 3, 5, 8, 13}
	multi := func(req getRequest, n int, reply func(*nats.Msg)) {
		last, sent, pending := uint64(0), 0, 0
		for _, seq := range log {
			switch {
			case seq < req.Seq:
			case sent < n:
				reply(direct(seq, last))
				last = seq
				sent++
			default:
				pending++
			}
		}
		reply(with(eob(last, pending), headerUpTo, "20"))
	}
	s := fake(t, func(req getRequest, reply func(*nats.Msg)) {
		if req.Seq > 1 && req.UpTo != 20 {
			reply(answerStatus(500, "at another time"))
			return
		}
		multi(req, 2, reply)
	})
	b, err := s.heads(t.Context(), scope{filter: "e.*.a.1", from: 1})
	require.NoError(t, err)
	require.Len(t, b.messages, 5)
	require.Zero(t, b.pending)
	require.Equal(t, uint64(20), b.upTo)

	// Another replica that has less must not make heads disappear.
	var asked atomic.Int64
	s = fake(t, func(req getRequest, reply func(*nats.Msg)) {
		if asked.Add(1) == 2 {
			reply(answerStatus(404, "No Results"))
			return
		}
		multi(req, 2, reply)
	})
	b, err = s.heads(t.Context(), scope{filter: "e.*.a.1", from: 1})
	require.NoError(t, err)
	require.Len(t, b.messages, 5)
}
