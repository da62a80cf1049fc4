package conn_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/internal/conn"
	"github.com/jetsource/jetsource/jetstream/internal/jstest"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// pageOf is what a call makes of an answer.
func pageOf(t *testing.T, answer ...*nats.Msg) (*wire.Page, error) {
	t.Helper()
	return pageWithin(t, 30*time.Second, answer...)
}

// pageWithin is pageOf with a limit of how long an answer is waited for.
func pageWithin(t *testing.T, ackWait time.Duration, answer ...*nats.Msg) (*wire.Page, error) {
	t.Helper()
	c := jstest.Connect(t, ackWait, func(_ wire.GetRequest, reply func(*nats.Msg)) {
		for _, m := range answer {
			reply(m)
		}
	})
	call, err := c.CallAny(wire.GetRequest{NextFor: jstest.Subject, Seq: 1, Batch: 10})
	require.NoError(t, err)
	defer call.Close()
	return call.Page(t.Context())
}

func TestWholeAnswerIsAPage(t *testing.T) {
	b, err := pageOf(t, jstest.Message(3, 0), jstest.Message(7, 3), jstest.Message(8, 7), jstest.With(jstest.End(8, 5), wire.HeaderUpTo, "20"))
	require.NoError(t, err)
	require.Len(t, b.Messages, 3)
	require.Equal(t, 5, b.Pending)
	require.Equal(t, uint64(20), b.UpTo)
	require.Equal(t, jstest.Subject, b.Messages[0].Subject)
	b, err = pageOf(t, jstest.End(0, 0))
	require.NoError(t, err)
	require.Empty(t, b.Messages)
}

func TestBrokenAnswerIsAnError(t *testing.T) {
	for name, answer := range map[string][]*nats.Msg{
		"a middle is lost":           {jstest.Message(3, 0), jstest.Message(8, 7), jstest.End(8, 0)},
		"the first is lost":          {jstest.Message(7, 3), jstest.Message(8, 7), jstest.End(8, 0)},
		"the last is lost":           {jstest.Message(3, 0), jstest.Message(7, 3), jstest.End(8, 0)},
		"one comes twice":            {jstest.Message(3, 0), jstest.Message(3, 0), jstest.End(3, 0)},
		"one comes again":            {jstest.Message(3, 0), jstest.Message(7, 3), jstest.Message(7, 7), jstest.End(7, 0)},
		"two change places":          {jstest.Message(7, 3), jstest.Message(3, 0), jstest.End(7, 0)},
		"it goes back":               {jstest.Message(7, 0), jstest.Message(3, 7), jstest.End(3, 0)},
		"another stream":             {jstest.With(jstest.Message(3, 0), wire.HeaderStream, "OTHER"), jstest.End(3, 0)},
		"no sequence":                {jstest.Without(jstest.Message(3, 0), wire.HeaderSequence), jstest.End(3, 0)},
		"a broken sequence":          {jstest.With(jstest.Message(3, 0), wire.HeaderSequence, "3x"), jstest.End(3, 0)},
		"sequence zero":              {jstest.Message(0, 0), jstest.End(0, 0)},
		"a huge sequence":            {jstest.With(jstest.Message(3, 0), wire.HeaderSequence, "18446744073709551616"), jstest.End(3, 0)},
		"a negative sequence":        {jstest.With(jstest.Message(3, 0), wire.HeaderSequence, "-3"), jstest.End(3, 0)},
		"no last":                    {jstest.Without(jstest.Message(3, 0), wire.HeaderLastSequence), jstest.End(3, 0)},
		"a broken last":              {jstest.With(jstest.Message(3, 0), wire.HeaderLastSequence, ""), jstest.End(3, 0)},
		"no subject":                 {jstest.Without(jstest.Message(3, 0), wire.HeaderSubject), jstest.End(3, 0)},
		"no time":                    {jstest.Without(jstest.Message(3, 0), wire.HeaderTime), jstest.End(3, 0)},
		"a broken time":              {jstest.With(jstest.Message(3, 0), wire.HeaderTime, "now"), jstest.End(3, 0)},
		"an end without a last":      {jstest.Message(3, 0), jstest.Without(jstest.End(3, 0), wire.HeaderLastSequence)},
		"an end without pending":     {jstest.Message(3, 0), jstest.Without(jstest.End(3, 0), wire.HeaderPending)},
		"an end with broken numbers": {jstest.Message(3, 0), jstest.With(jstest.End(3, 0), wire.HeaderUpTo, "far")},
		"an early end":               {jstest.End(3, 0)},
		"not found":                  {jstest.Status(404, "Message Not Found")},
		"not found, later":           {jstest.Message(3, 0), jstest.Status(404, "Message Not Found")},
		"bad request":                {jstest.Status(408, "Bad Request")},
		"too many":                   {jstest.Status(413, "Too Many Results")},
		"broken":                     {jstest.Status(500, "disk")},
		"no status":                  {{Data: []byte("hello")}},
		"a status that is no number": {{Header: nats.Header{wire.HeaderStatus: {"x"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := pageOf(t, answer...)
			read, ok := errors.AsType[*wire.ReadError](err)
			require.True(t, ok, "%v %v", b, err)
			require.NotEmpty(t, read.Error())
		})
	}
}

func TestAnswerWithoutEndTimesOut(t *testing.T) {
	_, err := pageWithin(t, 30*time.Millisecond, jstest.Message(3, 0), jstest.Message(7, 3))
	require.ErrorIs(t, err, conn.ErrNoAnswer)
	_, err = pageWithin(t, 30*time.Millisecond)
	require.ErrorIs(t, err, conn.ErrNoAnswer)
}

func TestStatusesAreTypedErrors(t *testing.T) {
	_, err := pageOf(t, jstest.Status(404, "No Results"))
	require.ErrorIs(t, err, wire.ErrNoResults)
	_, err = pageOf(t, jstest.Status(503, ""))
	require.ErrorIs(t, err, wire.ErrNoResponder)
	for code, again := range map[int]bool{404: true, 408: false, 413: false, 500: true} {
		_, err = pageOf(t, jstest.Status(code, "x"))
		read, ok := errors.AsType[*wire.ReadError](err)
		require.True(t, ok)
		require.Equal(t, code, read.Status)
		require.Equal(t, again, conn.IsRetryable(err), "%d", code)
	}
	c := jstest.Connect(t, 30*time.Second, func(wire.GetRequest, func(*nats.Msg)) {})
	call, err := c.CallLeader(wire.GetRequest{Seq: 1}) // nothing subscribes to it
	require.NoError(t, err)
	defer call.Close()
	_, err = call.Page(t.Context())
	require.ErrorIs(t, err, wire.ErrNoResponder)
}

// A message may have been stored with headers that look like the server's; the
// server adds its own behind them.
func TestHeadersOfTheServerWin(t *testing.T) {
	m := jstest.Message(3, 0)
	for k, vs := range m.Header {
		m.Header[k] = append([]string{"forged"}, vs...)
	}
	m.Header[wire.HeaderStatus] = []string{"404"}
	b, err := pageOf(t, m, jstest.End(3, 0))
	require.NoError(t, err)
	require.Equal(t, uint64(3), b.Messages[0].Seq)
	require.Equal(t, jstest.Subject, b.Messages[0].Subject)
}
