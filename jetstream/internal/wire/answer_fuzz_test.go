package wire

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// FuzzAck reads answers to a commit that may be anything: only one that names
// the stream, the count and a possible sequence is an ack.
func FuzzAck(f *testing.F) {
	for _, seed := range []string{
		`{"stream":"EVENTS","seq":7}`, `{"stream":"EVENTS","seq":7,"batch":"B","count":3}`, `{"stream":"OTHER","seq":7}`, `{"seq":-1}`, `{"stream":"EVENTS","seq":1e3}`,
		`{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 5"}}`, `{"error":{"err_code":10164}}`, `{"error":{}}`, `[]`, `null`, `{`, ``,
		`{"stream":"EVENTS","domain":"hub","seq":7}`, `{"stream":"EVENTS","domain":"hub","seq":7,"batch":"B","count":3}`, `{"stream":"EVENTS","domain":"edge","seq":7}`,
		`{"stream":"OTHER","seq":0,"error":{"code":400,"err_code":10071}}`, `{"stream":"EVENTS","seq":7,"duplicate":true}`, `{"stream":"EVENTS","seq":18446744073709551615}`,
	} {
		for _, domain := range []string{"", "hub"} {
			f.Add([]byte(seed), domain, "", "", 1)
			f.Add([]byte(seed), domain, "", "B", 3)
		}
	}
	f.Add([]byte(nil), "", "503", "", 1)
	f.Fuzz(func(t *testing.T, data []byte, domain, code, batch string, n int) {
		n = max(1, min(n, 1000))
		r := NewAckReader("EVENTS", domain)
		m := &nats.Msg{Data: data, Header: nats.Header{HeaderStatus: {code}}}
		out := r.Read(m, batch, n)
		switch out.Result {
		case Acked:
			var ack struct {
				Stream string
				Domain string
				Seq    uint64
				Batch  string
				Count  int
				Error  any
			}
			require.NoError(t, json.Unmarshal(data, &ack))
			require.Equal(t, "EVENTS", ack.Stream)
			require.Equal(t, domain, ack.Domain)
			require.GreaterOrEqual(t, out.Seq, uint64(n))
			require.Equal(t, out.Seq, ack.Seq)
			require.True(t, n == 1 && ack.Batch == "" || ack.Batch == batch && ack.Count == n)
			require.Nil(t, ack.Error)
		case Rejected:
			require.Error(t, out.Err)
		case OtherStream:
			require.Zero(t, out.Seq)
			if other, ok := errors.AsType[*OtherAckError](out.Err); ok {
				require.NotEqual(t, OtherAckError{Domain: domain, Stream: "EVENTS"}, *other)
			}
		default:
			require.NoError(t, out.Err)
			require.Zero(t, out.Seq)
		}
	})
}

// FuzzLeaderAnswer reads answers of the leader that may be anything: a message
// that fits what was asked, none, or an error.
func FuzzLeaderAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"message":{"subject":"events.a.b.c","seq":7,"data":"e30=","time":"2025-01-01T00:00:00Z"}}`,
		`{"message":{"subject":"events.a.b.c","seq":7,"hdrs":"TkFUUy8xLjANCkE6IEINCg0K","time":"2025-01-01T00:00:00Z"}}`,
		`{"message":{"seq":7,"hdrs":"AA=="}}`, `{"message":null}`, `{"error":{"code":404,"err_code":10037}}`, `{"error":{"code":503}}`, `{`, ``, `7`,
		`{"message":{"subject":"*.>","seq":18446744073709551615}}`,
	} {
		f.Add([]byte(seed), "", uint64(7), "events.*.b.c")
		f.Add([]byte(seed), "404", uint64(0), ">")
	}
	f.Fuzz(func(t *testing.T, data []byte, code string, seq uint64, filter string) {
		m, err := LeaderMessage(&nats.Msg{Data: data, Header: nats.Header{HeaderStatus: {code}}})
		if err != nil || m == nil {
			require.Nil(t, m)
			return
		}
		for _, req := range []GetRequest{{Seq: seq}, {Seq: seq, NextFor: filter}, {LastFor: filter}, {MultiLast: []string{filter}, UpTo: seq}} {
			if req.Check(m) != nil {
				continue
			}
			require.NotZero(t, m.Seq)
			require.True(t, m.Seq >= req.Seq && (req.UpTo == 0 || m.Seq <= req.UpTo))
			if req.NextFor == "" && req.LastFor == "" && req.MultiLast == nil {
				require.Equal(t, seq, m.Seq)
			}
		}
		_, _ = m.Commit()
	})
}

// FuzzDelivery reads what should be the reply subject of a delivered message.
func FuzzDelivery(f *testing.F) {
	f.Add("$JS.ACK.EVENTS.c1.1.42.7.1700000000123456789.9")
	f.Add("$JS.ACK.hub.ACCHASH.EVENTS.c1.1.42.7.1700000000123456789.9.more.tokens")
	f.Add("$JS.ACK........")
	f.Fuzz(func(t *testing.T, reply string) {
		d, ok := ParseDelivery(reply)
		if !ok {
			require.Zero(t, d)
			return
		}
		if meta, err := (&nats.Msg{Reply: reply, Sub: &nats.Subscription{}}).Metadata(); err == nil {
			require.Equal(t, meta.Stream, d.Stream)
			require.Equal(t, meta.Sequence.Stream, d.Sequence)
			require.Equal(t, meta.Sequence.Consumer, d.Consumer)
			require.Equal(t, meta.NumPending, d.Pending)
		}
	})
}

// FuzzMatches holds the filter against one that is written another way.
func FuzzMatches(f *testing.F) {
	f.Add("events.*.a.1", "events.noted.a.1")
	f.Add(">", "a")
	f.Add("a.>", "a")
	f.Add("a.*", "a.")
	f.Fuzz(func(t *testing.T, filter, subject string) {
		want, got := strings.Split(filter, "."), strings.Split(subject, ".")
		same := true
		for i, token := range want {
			if token == ">" && i == len(want)-1 && len(got) > i {
				got = append(got[:i:i], ">")
				break
			}
			if i >= len(got) || token != "*" && token != got[i] || token == ">" {
				same = false
				break
			}
		}
		same = same && len(want) == len(got)
		for _, token := range strings.Split(subject, ".") {
			if token == "" {
				return // no subject
			}
		}
		if strings.Contains(subject, ">") {
			return
		}
		require.Equal(t, same, Matches(filter, subject))
	})
}
