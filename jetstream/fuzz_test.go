package jetstream

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
)

func FuzzParseLink(f *testing.F) {
	for _, seed := range []string{
		"A 0 0/1 0", "01J 12 3/4 18446744073709551615", "", " ", "A", "A 0 0/1", "A 0 1/1 0", "A -1 0/1 0", "A 0 0/1 -0",
		"A +1 0/1 0", "A 00 0/1 0", "A 0 0/1 0 ", " A 0 0/1 0", "A  0 0/1 0", "A 0 0/1/2 0", "\x00 0 0/1 0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := parseLink(text)
		if err != nil {
			require.Zero(t, l)
			return
		}
		require.Equal(t, text, l.String())
		require.NotEmpty(t, l.ID)
		require.NotContains(t, l.ID, " ")
		require.True(t, 0 <= l.Index && l.Index < l.Count && l.Offset >= 0)
		again, err := parseLink(l.String())
		require.NoError(t, err)
		require.Equal(t, l, again)
	})
}

func FuzzLink(f *testing.F) {
	f.Add("A", 0, 0, 1, uint64(0))
	f.Add("01J", math.MaxInt, 998, 1000, uint64(math.MaxUint64))
	f.Fuzz(func(t *testing.T, id string, offset, index, count int, previous uint64) {
		l := link{core.CommitInfo{ID: id, Offset: offset, Index: index, Count: count}, previous}
		got, err := parseLink(l.String())
		if id == "" || strings.Contains(id, " ") || offset < 0 || index < 0 || index >= count {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.Equal(t, l, got)
	})
}

// What is parsed is what would be written, so that no event is on two subjects.
func FuzzSubjectsParse(f *testing.F) {
	for _, seed := range []string{
		"events.noted.account.ACC-001", "events.a/b.c=20d.=00", "events._x.account.a", "events.a._x.=zz", "events.a.b", "events.a.b.c.d",
		"events...", "other.a.b.c", "", ".", "events.a.b.=41", "events.=5F.b.c", "events.*.>.a",
	} {
		f.Add(seed)
	}
	ids, err := codec.NewIDs[string]()
	require.NoError(f, err)
	s := subjects[string]{prefix: "events", ids: ids}
	f.Fuzz(func(t *testing.T, subject string) {
		key, kind, reserved, err := s.parse(subject)
		if err != nil || reserved {
			require.False(t, err != nil && reserved)
			return
		}
		aggregate, err := s.aggregate(key)
		if err != nil {
			require.Greater(t, len(subject), 512, "only a subject that is too long cannot be written: %v", err)
			return
		}
		again, err := s.event(kind, aggregate)
		if err != nil {
			require.Greater(t, len(subject), maxSubject)
			return
		}
		require.Equal(t, subject, again)
		require.False(t, strings.ContainsAny(subject, "*> \t\r\n"))
	})
}

func FuzzSubjects(f *testing.F) {
	f.Add("noted", "account", "ACC-001")
	f.Add("a.b", "*", ">")
	f.Add("\xff", " ", "é\x00")
	ids, err := codec.NewIDs[string]()
	require.NoError(f, err)
	s := subjects[string]{prefix: "events", ids: ids}
	f.Fuzz(func(t *testing.T, kind, aggregateKind, id string) {
		key := core.Key[string]{Kind: aggregateKind, ID: id}
		aggregate, err := s.aggregate(key)
		if err != nil {
			require.ErrorIs(t, err, core.ErrName)
			return
		}
		subject, err := s.event(kind, aggregate)
		if err != nil {
			require.ErrorIs(t, err, core.ErrName)
			return
		}
		gotKey, gotKind, reserved, err := s.parse(subject)
		require.NoError(t, err)
		require.False(t, reserved)
		require.Equal(t, key, gotKey)
		require.Equal(t, kind, gotKind)
		require.LessOrEqual(t, len(subject), maxSubject)
	})
}

// Whatever headers an answer has, it is read in ascending order without a hole,
// or not at all.
func FuzzDirectAnswer(f *testing.F) {
	f.Add("S", "1", "0", "0", "e.k.a.1", "2025-01-01T00:00:00Z", "", "3", "1", "0")
	f.Add("S", "18446744073709551615", "0", "x", "e.k.a.1", "2025-01-01T00:00:00Z", "404", "3", "1", "")
	f.Add("", "", "", "", "", "", "204", "", "", "")
	f.Fuzz(func(t *testing.T, stream, seq, last, pending, subject, time, status, seq2, last2, upTo string) {
		header := func(seq, last string) nats.Header {
			h := nats.Header{}
			for k, v := range map[string]string{
				headerStream: stream, headerSequence: seq, headerLastSequence: last, headerPending: pending, headerSubject: subject,
				headerTime: time, headerStatus: status, headerUpTo: upTo,
			} {
				if v != "" {
					h[k] = []string{"forged", v}
				}
			}
			return h
		}
		b, before := &batch{}, uint64(0)
		for _, m := range []*nats.Msg{{Header: header(seq, last)}, {Header: header(seq2, last2)}} {
			done, err := b.add(m, "S", &before)
			if done || err != nil {
				break
			}
		}
		at := uint64(0)
		for i, m := range b.messages {
			require.Greater(t, m.seq, at)
			require.Equal(t, "S", stream)
			require.NotEmpty(t, m.subject)
			require.Equal(t, []string{seq, seq2}[i], plus(m.seq, []string{seq, seq2}[i]))
			named, err := strconv.ParseUint([]string{last, last2}[i], 10, 64)
			require.NoError(t, err)
			require.Equal(t, at, named)
			at = m.seq
		}
	})
}

// plus is n as it may be written: with zeros before it.
func plus(n uint64, as string) string {
	text := strconv.FormatUint(n, 10)
	return strings.Repeat("0", max(len(as)-len(text), 0)) + text
}
