package jetstream

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

// offline is a store without a server, which can encode and decode.
func offline[M any](t testing.TB, foreign codec.Codec) *Store[string, M] {
	t.Helper()
	cfg, err := Config{ForeignCodec: foreign, Logger: slog.New(slog.DiscardHandler)}.check()
	require.NoError(t, err)
	ids, err := codec.NewIDs[string]()
	require.NoError(t, err)
	return &Store[string, M]{
		stream:   &stream{cfg: cfg, nc: &nats.Conn{}},
		subjects: subjects[string]{prefix: cfg.Prefix, ids: ids},
		codecs:   codec.Set{cfg.Codec},
		metadata: true,
	}
}

// FuzzEnvelope opens messages that may be anything. What is an event is one that
// could have been committed, or that another program wrote where that is allowed;
// what is not, says where it lies.
func FuzzEnvelope(f *testing.F) {
	f.Add(uint64(1), "events.noted.account.a", "application/json", "A 0 0/1 0", "command", `{"a":"b"}`, []byte("{}"), false)
	f.Add(uint64(7), "events.noted.account.a", "", "", "", "", []byte("theirs"), true)
	f.Add(uint64(math.MaxUint64), "events._x.account.=zz", "a", "A 0 7/3 x", "=4", "{", []byte(nil), true)
	f.Add(uint64(0), "events.no=00ted.acc/ount.a", "a/b", "A 1 2/3 4", "=0D=0A", "null", []byte{0xFF}, false)
	f.Fuzz(func(t *testing.T, seq uint64, subject, name, commit, command, metadata string, data []byte, foreign bool) {
		var theirs codec.Codec
		if foreign {
			theirs = codec.JSON
		}
		s := offline[map[string]string](t, theirs)
		m := &message{seq: seq, subject: subject, time: time.Unix(0, 0), data: data, header: nats.Header{
			headerCodec: {name}, headerCommit: {commit}, headerCommand: {command}, headerMetadata: {metadata},
		}}
		e, ok, err := s.open(m)
		if err != nil {
			wrong, is := errors.AsType[*MessageError](err)
			require.True(t, is && wrong.Sequence == seq && wrong.Subject == subject, "%v", err)
			require.False(t, ok)
			require.Zero(t, e.Kind)
			return
		}
		if !ok {
			require.True(t, reserved(subject))
			return
		}
		require.Equal(t, seq, e.Position)
		require.Equal(t, data, e.Data)
		again, err := s.subjects.aggregate(e.Key)
		if err == nil {
			require.True(t, strings.HasSuffix(subject, "."+again))
		}
		if commit == "" {
			require.True(t, foreign)
			require.Equal(t, core.CommitInfo{}, e.Commit)
			require.Empty(t, e.CommandID)
			require.Equal(t, codec.JSON.Name(), e.Codec)
			return
		}
		require.Equal(t, name, e.Codec)
		if command != "" {
			token, err := codec.EncodeToken(e.CommandID)
			require.NoError(t, err)
			require.Equal(t, command, token)
		}
		var event any
		_ = s.DecodeEvent(e, &event) // any error, but no panic
	})
}

// FuzzMetadata commits with what a user may put beside an event, in any bytes.
// Nothing of it can be read as a header, or end the header block.
func FuzzMetadata(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "a\r\nNats-Rollup: all", "a\nEs-Commit: X 0 0/1 0\r\n\r\n{}", "\x00\x01", "\xff\xfe", "  spaces  ", "é\u2028\u2029", `"}{`, "Nats-Msg-Id",
	} {
		f.Add(seed, seed, "cmd"+seed)
	}
	f.Fuzz(func(t *testing.T, key, value, command string) {
		s := offline[map[string]string](t, nil)
		c := core.Commit[string, uint64, map[string]string]{
			Metadata: map[string]string{key: value}, CommandID: command,
		}
		common, err := s.common(c)
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			_, ok := errors.AsType[*core.MetadataError](err)
			require.True(t, ok, "%v", err)
			return
		}
		if err != nil {
			require.ErrorIs(t, err, core.ErrName, "%q", command)
			return
		}
		for name, values := range common {
			require.Contains(t, []string{headerCodec, headerMetadata, headerCommand}, name)
			require.Len(t, values, 1)
			for _, b := range []byte(values[0]) {
				require.GreaterOrEqual(t, b, byte(' '), "%q", values[0])
			}
			require.Equal(t, strings.TrimSpace(values[0]), values[0], "the client trims, and nothing is lost by it")
		}
		// As the client puts it on the wire, and as it reads it again.
		wire := []byte("NATS/1.0\r\n")
		for name, values := range common {
			wire = append(wire, name+": "+values[0]+"\r\n"...)
		}
		read, err := nats.DecodeHeadersMsg(append(wire, "\r\n"...))
		require.NoError(t, err)
		require.Equal(t, common, read)
		var back map[string]string
		require.NoError(t, json.Unmarshal([]byte(read.Get(headerMetadata)), &back))
		require.Equal(t, c.Metadata, back)
	})
}

// FuzzAck reads answers to a commit that may be anything: only one that names
// the stream, the count and a possible sequence says that it was written.
func FuzzAck(f *testing.F) {
	for _, seed := range []string{
		`{"stream":"EVENTS","seq":7}`, `{"stream":"EVENTS","seq":7,"batch":"B","count":3}`, `{"stream":"OTHER","seq":7}`, `{"seq":-1}`, `{"stream":"EVENTS","seq":1e3}`,
		`{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 5"}}`, `{"error":{"err_code":10164}}`, `{"error":{}}`, `[]`, `null`, `{`, ``,
		`{"stream":"EVENTS","seq":7,"duplicate":true}`, `{"stream":"EVENTS","seq":18446744073709551615}`,
	} {
		f.Add([]byte(seed), "", "", 1)
		f.Add([]byte(seed), "", "B", 3)
	}
	f.Add([]byte(nil), "503", "", 1)
	f.Fuzz(func(t *testing.T, data []byte, code, batch string, n int) {
		n = max(1, min(n, maxCommit))
		s := offline[core.NoMetadata](t, nil).stream
		m := &nats.Msg{Data: data, Header: nats.Header{headerStatus: {code}}}
		out := s.read(m, batch, n)
		switch out.verdict {
		case written:
			var ack struct {
				Stream string
				Seq    uint64
				Batch  string
				Count  int
				Error  any
			}
			require.NoError(t, json.Unmarshal(data, &ack))
			require.Equal(t, "EVENTS", ack.Stream)
			require.GreaterOrEqual(t, out.seq, uint64(n))
			require.Equal(t, out.seq, ack.Seq)
			require.True(t, n == 1 && ack.Batch == "" || ack.Batch == batch && ack.Count == n)
			require.Nil(t, ack.Error)
		case refused:
			require.Error(t, out.err)
		default:
			require.NoError(t, out.err)
			require.Zero(t, out.seq)
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
		m, err := leaderMessage(&nats.Msg{Data: data, Header: nats.Header{headerStatus: {code}}})
		if err != nil || m == nil {
			require.Nil(t, m)
			return
		}
		for _, req := range []getRequest{{Seq: seq}, {Seq: seq, NextFor: filter}, {LastFor: filter}, {MultiLast: []string{filter}, UpTo: seq}} {
			if !req.fits(m) {
				continue
			}
			require.NotZero(t, m.seq)
			require.True(t, m.seq >= req.Seq && (req.UpTo == 0 || m.seq <= req.UpTo))
			if req.NextFor == "" && req.LastFor == "" && req.MultiLast == nil {
				require.Equal(t, seq, m.seq)
			}
		}
		_, _ = m.link()
	})
}

// FuzzDelivery reads what should be the reply subject of a delivered message.
func FuzzDelivery(f *testing.F) {
	f.Add("$JS.ACK.EVENTS.c1.1.42.7.1700000000123456789.9")
	f.Add("$JS.ACK.hub.ACCHASH.EVENTS.c1.1.42.7.1700000000123456789.9.more.tokens")
	f.Add("$JS.ACK........")
	f.Fuzz(func(t *testing.T, reply string) {
		d, ok := parseDelivery(reply)
		if !ok {
			require.Zero(t, d)
			return
		}
		if meta, err := (&nats.Msg{Reply: reply, Sub: &nats.Subscription{}}).Metadata(); err == nil {
			require.Equal(t, meta.Stream, d.of)
			require.Equal(t, meta.Sequence.Stream, d.stream)
			require.Equal(t, meta.Sequence.Consumer, d.consumer)
			require.Equal(t, meta.NumPending, d.pending)
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
		require.Equal(t, same, matches(filter, subject))
	})
}
