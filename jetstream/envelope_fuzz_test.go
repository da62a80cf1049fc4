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
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// offline is a store without a server, which can encode and decode.
func offline[M any](t testing.TB, external codec.Codec) *Store[string, M] {
	t.Helper()
	cfg, err := Config{ExternalCodec: external, Logger: slog.New(slog.DiscardHandler)}.check()
	require.NoError(t, err)
	subjects, err := wire.NewSubjects[string](cfg.Prefix)
	require.NoError(t, err)
	return &Store[string, M]{
		stream:   &stream{cfg: cfg},
		subjects: subjects,
		codecs:   codec.Set{cfg.Codec},
		metadata: new(core.MetadataReader[M]),
	}
}

// FuzzEnvelope decodes messages of any content. An event is one that could have
// been committed, or that another program wrote where that is allowed; anything
// else is an error that names its position.
func FuzzEnvelope(f *testing.F) {
	f.Add(uint64(1), "events.noted.account.a", "application/json", "A 0 0/1 1 0", "command", `{"a":"b"}`, []byte("{}"), false)
	f.Add(uint64(7), "events.noted.account.a", "", "", "", "", []byte("external"), true)
	f.Add(uint64(math.MaxUint64), "events._x.account.=zz", "a", "A 0 7/3 x", "=4", "{", []byte(nil), true)
	f.Add(uint64(0), "events.no=00ted.acc/ount.a", "a/b", "A 1 2/3 4 4", "=0D=0A", "null", []byte{0xFF}, false)
	f.Fuzz(func(t *testing.T, seq uint64, subject, name, commit, command, metadata string, data []byte, external bool) {
		var externalCodec codec.Codec
		if external {
			externalCodec = codec.JSON
		}
		s := offline[map[string]string](t, externalCodec)
		m := &wire.Message{Seq: seq, Subject: subject, Time: time.Unix(0, 0), Data: data, Header: nats.Header{
			wire.HeaderCodec: {name}, wire.HeaderCommit: {commit}, wire.HeaderCommand: {command}, wire.HeaderMetadata: {metadata},
		}}
		e, ok, err := s.decode(m)
		if err != nil {
			wrong, is := errors.AsType[*MessageError](err)
			require.True(t, is && wrong.Sequence == seq && wrong.Subject == subject, "%v", err)
			require.False(t, ok)
			require.Zero(t, e.Kind)
			return
		}
		if !ok {
			require.True(t, wire.IsSystem(subject))
			return
		}
		require.Equal(t, seq, e.Position)
		require.Equal(t, data, e.Data)
		again, err := s.subjects.Aggregate(e.Key)
		if err == nil {
			require.True(t, strings.HasSuffix(subject, "."+again))
		}
		if commit == "" {
			require.True(t, external)
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
		origin := core.OriginOf(core.WithOrigin(t.Context(), core.Origin{
			CorrelationID: command, CausationID: key, Trace: core.TraceContext{Parent: "00-" + value, State: key},
		}))
		common, err := s.commonHeaders(c, origin)
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
			require.Contains(t, []string{wire.HeaderCodec, wire.HeaderMetadata, wire.HeaderCommand,
				wire.HeaderCorrelation, wire.HeaderCausation, wire.HeaderTraceParent, wire.HeaderTraceState}, name)
			require.Len(t, values, 1)
			for _, b := range []byte(values[0]) {
				require.GreaterOrEqual(t, b, byte(' '), "%q", values[0])
			}
			require.Equal(t, strings.TrimSpace(values[0]), values[0], "the client trims, and nothing is lost by it")
		}
		// As the client puts it on the wire, and as it reads it again.
		block := []byte("NATS/1.0\r\n")
		for name, values := range common {
			block = append(block, name+": "+values[0]+"\r\n"...)
		}
		read, err := nats.DecodeHeadersMsg(append(block, "\r\n"...))
		require.NoError(t, err)
		require.Equal(t, common, read)
		var back map[string]string
		require.NoError(t, json.Unmarshal([]byte(read.Get(wire.HeaderMetadata)), &back))
		require.Equal(t, c.Metadata, back)
	})
}
